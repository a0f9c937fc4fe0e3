/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof by mutation: a check, intercept, reference or flush that keeps a guest inside is written
 *     if (!MUTATED(name) && is_forbidden) refuse;
 * In every ordinary build nothing is ever mutated and the word vanishes. The test build finds another header of
 * this name first (tests/mutation), with which one such name can be left out: some test must then fail.
 */
#ifndef COOPVIRT_MUTATION_H
#define COOPVIRT_MUTATION_H

#define MUTATED(name) 0

#endif
