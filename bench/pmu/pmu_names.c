/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of performance events and their encodings, by libpfm4, for any CPU model that it knows, this computer's or not:
 *
 *     pmu_names models             its models, one a line: name, number of events, description
 *     pmu_names list MODEL         a model's events: name, description
 *     pmu_names encode MODEL EVENT the number for the event-select register, in hexadecimal
 *
 * Exit status 0; 1 with one line on standard error where there is no such model or event.
 */
#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bits of an event-select register that are not the event's: USR, OS, edge of an interrupt, enable (SDM vol. 3,
 * "Architectural Performance Monitoring"; APM vol. 2, "Performance Event-Select Registers"). Who counts sets them. */
#define NOT_THE_EVENTS                                                                                                 \
    ((1ull << 16) | (1ull << 17) | (1ull << 20) | (1ull << 21) | (1ull << 22) | (1ull << 40) | (1ull << 41))

static int pmu_names_complain(const char *what, const char *name)
{
    fprintf(stderr, "pmu_names: %s '%s'\n", what, name);
    return 1;
}

/* Core PMUs only: those that a processor's own counters count. */
static int pmu_names_is_core(const pfm_pmu_info_t *info)
{
    return info->type == PFM_PMU_TYPE_CORE;
}

static int pmu_names_info(pfm_pmu_t pmu, pfm_pmu_info_t *info)
{
    memset(info, 0, sizeof(*info));
    info->size = sizeof(*info);
    return pfm_get_pmu_info(pmu, info) == PFM_SUCCESS && pmu_names_is_core(info);
}

static int pmu_names_find(const char *model, pfm_pmu_info_t *info)
{
    for (pfm_pmu_t pmu = 0; pmu < PFM_PMU_MAX; pmu++)
        if (pmu_names_info(pmu, info) && strcmp(info->name, model) == 0)
            return 1;
    return 0;
}

static int pmu_names_models(void)
{
    pfm_pmu_info_t info;

    for (pfm_pmu_t pmu = 0; pmu < PFM_PMU_MAX; pmu++)
        if (pmu_names_info(pmu, &info) && info.nevents > 0)
            printf("%s\t%d\t%s\n", info.name, info.nevents, info.desc);
    return 0;
}

/* An event, and the names of its unit masks below it. */
static void pmu_names_print_event(int index)
{
    pfm_event_info_t event = {.size = sizeof(event)};

    if (pfm_get_event_info(index, PFM_OS_NONE, &event) != PFM_SUCCESS)
        return;
    printf("%s\t%s\n", event.name, event.desc ? event.desc : "");
    for (int i = 0; i < event.nattrs; i++) {
        pfm_event_attr_info_t attribute = {.size = sizeof(attribute)};

        if (pfm_get_event_attr_info(index, i, PFM_OS_NONE, &attribute) == PFM_SUCCESS &&
            attribute.type == PFM_ATTR_UMASK)
            printf("%s:%s\t%s\n", event.name, attribute.name, attribute.desc ? attribute.desc : "");
    }
}

static int pmu_names_list(const char *model)
{
    pfm_pmu_info_t info;

    if (!pmu_names_find(model, &info))
        return pmu_names_complain("there is no model", model);
    for (int index = info.first_event; index != -1; index = pfm_get_event_next(index))
        pmu_names_print_event(index);
    return 0;
}

static int pmu_names_encode(const char *model, const char *event)
{
    pfm_pmu_encode_arg_t encoded = {.size = sizeof(encoded)};
    pfm_pmu_info_t info;
    char name[256];

    if (!pmu_names_find(model, &info))
        return pmu_names_complain("there is no model", model);
    if ((size_t)snprintf(name, sizeof(name), "%s::%s", model, event) >= sizeof(name))
        return pmu_names_complain("this is no event", event);
    int error = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_NONE, &encoded);
    if (error != PFM_SUCCESS)
        return pmu_names_complain(pfm_strerror(error), event);
    if (encoded.count != 1)
        return pmu_names_complain("this event needs more than an event-select register", event);
    printf("0x%llx\n", (unsigned long long)(encoded.codes[0] & ~NOT_THE_EVENTS));
    free(encoded.codes);
    return 0;
}

int main(int argc, char **argv)
{
    setenv("LIBPFM_ENCODE_INACTIVE", "1", 1); /* models that this computer is not */
    if (pfm_initialize() != PFM_SUCCESS)
        return pmu_names_complain("cannot start", "libpfm4");
    if (argc == 2 && strcmp(argv[1], "models") == 0)
        return pmu_names_models();
    if (argc == 3 && strcmp(argv[1], "list") == 0)
        return pmu_names_list(argv[2]);
    if (argc == 4 && strcmp(argv[1], "encode") == 0)
        return pmu_names_encode(argv[2], argv[3]);
    return pmu_names_complain("what is wanted is: models, list MODEL, or encode MODEL EVENT; not",
                              argc > 1 ? argv[1] : "");
}
