/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Lua interpreter from Debian's library: lua SCRIPT. One of the programs that guest-coop is tried with.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    lua_State *lua = luaL_newstate();
    if (argc != 2 || !lua) {
        fputs("usage: lua SCRIPT\n", stderr);
        return 2;
    }
    luaL_openlibs(lua);
    int failed = luaL_dofile(lua, argv[1]);
    if (failed)
        fprintf(stderr, "lua: %s\n", lua_tostring(lua, -1));
    lua_close(lua);
    return failed ? 1 : 0;
}
