/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process is beside its user: supplementary groups, the file system's identity, and the sets and bits that say
 * which capabilities it keeps through changes of identity and exec. A copy of this program is executed, and tells by a
 * pipe what it has.
 */
#include "abi.h"
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER   4721
#define OWNER  4722
#define GROUP  4723
#define OTHERS 4724
#define NOBODY 4725 /* a group that nobody is in */
#define MANY   65536

#define CAP_CHOWN        0
#define CAP_DAC_OVERRIDE 1
#define CAP_KILL         5
#define CAP_SETPCAP      8
#define BIT(capability)  (1ul << (capability))

#define NO_ROOT    1u /* securebits, <linux/securebits.h> */
#define NO_FIXUP   4u
#define KEEP       16u
#define NO_AMBIENT 64u

static struct credentials {
    uint64_t inheritable, permitted, effective, bounding, ambient;
    uid_t uid, euid, fsuid;
    int groups, secure;
    gid_t first;
} got;

static char folder[] = "/tmp/abi_credentialsXXXXXX";
static int ends[2];

/* What the kernel says about oneself. */
static void look(struct credentials *self)
{
    static char text[4096];
    gid_t list[16];
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t bytes = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    close(file);
    text[bytes > 0 ? bytes : 0] = 0;
    const char *sets = strstr(text, "CapInh:"), *users = strstr(text, "Uid:");
    EXPECT(sets && sscanf(sets, "CapInh: %lx CapPrm: %lx CapEff: %lx CapBnd: %lx CapAmb: %lx", &self->inheritable,
                          &self->permitted, &self->effective, &self->bounding, &self->ambient) == 5);
    EXPECT(users && sscanf(users, "Uid: %u %u %*u %u", &self->uid, &self->euid, &self->fsuid) == 3);
    self->secure = prctl(PR_GET_SECUREBITS);
    self->groups = getgroups(16, list);
    self->first = self->groups > 0 ? list[0] : 0;
}

int abi_credentials_executed(int descriptor)
{
    look(&got);
    return write(descriptor, &got, sizeof(got)) == sizeof(got) ? 0 : 1;
}

static void execute_self(void)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", ends[1]);
    execv("/proc/self/exe", (char *const[]){"abi", "credentials", number, NULL});
    _exit(1);
}

/* What the program has that is executed by a child which prepares itself so. */
static bool executed_after(void (*prepare)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        prepare();
        execute_self();
    }
    return waitpid(child, &status, 0) == child && status == 0 && read(ends[0], &got, sizeof(got)) == sizeof(got);
}

static bool set_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0};
    uint32_t words[6] = {(uint32_t)effective,         (uint32_t)permitted,         (uint32_t)inheritable,
                         (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)};
    return syscall(SYS_capset, &header, words) == 0;
}

static void become(uid_t user)
{
    EXPECT(syscall(SYS_setresgid, user, user, user) == 0 && syscall(SYS_setresuid, user, user, user) == 0);
}

/* ---- groups ---- */

static void group_calls(void)
{
    gid_t few[] = {70000, 3, GROUP, 3, 0};
    gid_t *list = malloc((MANY + 1) * sizeof(*list)), *back = malloc(MANY * sizeof(*back));
    EXPECT(list && back && syscall(SYS_setgroups, 5, few) == 0 && getgroups(0, NULL) == 5 && getgroups(5, list) == 5);
    EXPECT(list[0] == 0 && list[1] == 3 && list[2] == 3 && list[3] == GROUP && list[4] == 70000);
    EXPECT(getgroups(4, list) == -1 && errno == EINVAL && getgroups(-1, list) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_getgroups, 5, 8) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_setgroups, 2, 8) == -1 && errno == EFAULT && getgroups(0, NULL) == 5);
    few[1] = (gid_t)-1;
    EXPECT(syscall(SYS_setgroups, 5, few) == -1 && errno == EINVAL && getgroups(0, NULL) == 5);
    for (unsigned i = 0; i <= MANY; i++)
        list[i] = i * 40503u % MANY;
    EXPECT(syscall(SYS_setgroups, MANY + 1, list) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_setgroups, MANY, list) == 0 && getgroups(MANY, back) == MANY);
    for (unsigned i = 1; i < MANY; i++)
        EXPECT(back[i - 1] <= back[i]);
    pid_t child = fork();
    if (child == 0)
        _exit(getgroups(0, NULL) == MANY && syscall(SYS_setgroups, 0, NULL) == 0 && getgroups(0, NULL) == 0 ? 7 : 8);
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child && status == 7 << 8 && getgroups(0, NULL) == MANY);
    become(USER);
    EXPECT(getgroups(0, NULL) == MANY && syscall(SYS_setgroups, 0, NULL) == -1 && errno == EPERM);
}

static void *other_thread(void *result)
{
    gid_t one = GROUP;
    *(bool *)result = getgroups(0, NULL) == 1 && syscall(SYS_setgroups, 0, NULL) == 0 && getgroups(0, NULL) == 0 &&
                      syscall(SYS_setgroups, 1, &one) == 0 && syscall(SYS_setgroups, 0, NULL) == 0;
    return NULL;
}

/* Each thread has its own, as it has its own identities. */
static void groups_of_threads(void)
{
    gid_t one = GROUP;
    bool fine = false;
    pthread_t thread;
    EXPECT(syscall(SYS_setgroups, 1, &one) == 0 && pthread_create(&thread, NULL, other_thread, &fine) == 0);
    EXPECT(pthread_join(thread, NULL) == 0 && fine && getgroups(0, NULL) == 1);
}

static int make(const char *name, mode_t mode, uid_t user, gid_t group)
{
    int file = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
    EXPECT(file >= 0 && close(file) == 0 && chown(name, user, group) == 0 && chmod(name, mode) == 0);
    return 0;
}

/* Whether a file of others may be opened: 0 or errno. */
static int opened(const char *name, int flags)
{
    int file = open(name, flags);
    if (file == -1)
        return errno;
    return close(file);
}

/* A member has the group's rights, and not those of others. */
static void groups_open_files(void)
{
    gid_t list[] = {OTHERS, GROUP, 5};
    EXPECT(chdir(folder) == 0 && syscall(SYS_setgroups, 3, list) == 0);
    make("group", 0040, OWNER, GROUP);
    make("not_group", 0604, OWNER, GROUP);
    make("own", 0640, USER, NOBODY);
    make("nobody", 0640, OWNER, NOBODY);
    EXPECT(mkdir("shared", 0) == 0 && chown("shared", OWNER, GROUP) == 0 && chmod("shared", 02730) == 0);
    become(USER);
    EXPECT(opened("group", O_RDONLY) == 0 && opened("group", O_WRONLY) == EACCES);
    EXPECT(access("group", R_OK) == 0 && access("group", W_OK) == -1 && access("not_group", R_OK) == -1);
    EXPECT(opened("not_group", O_RDONLY) == EACCES && opened("nobody", O_RDONLY) == EACCES);
    make("shared/new", 0600, (uid_t)-1, (gid_t)-1);
    struct stat about;
    EXPECT(stat("shared/new", &about) == 0 && about.st_uid == USER && about.st_gid == GROUP);
    /* Its group may be given to any that one is in; set-group-ID stays with those. */
    EXPECT(chmod("own", 02750) == 0 && stat("own", &about) == 0 && about.st_mode == (S_IFREG | 0750));
    EXPECT(chown("own", -1, GROUP) == 0 && chown("own", -1, NOBODY) == -1 && errno == EPERM);
    EXPECT(chown("own", -1, OTHERS) == 0 && chmod("own", 02750) == 0);
    EXPECT(stat("own", &about) == 0 && about.st_gid == OTHERS && about.st_mode == (S_IFREG | 02750));
}

static void groups_open_others(void)
{
    gid_t list[] = {GROUP};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    int again = socket(AF_UNIX, SOCK_STREAM, 0), segment = shmget(IPC_PRIVATE, 4096, 0640);
    struct shmid_ds about;
    EXPECT(chdir(folder) == 0 && bind(server, (struct sockaddr *)&address, sizeof(address)) == 0);
    EXPECT(listen(server, 5) == 0 && chown("socket", OWNER, GROUP) == 0 && chmod("socket", 0660) == 0);
    EXPECT(shmctl(segment, IPC_STAT, &about) == 0);
    about.shm_perm.gid = GROUP;
    EXPECT(shmctl(segment, IPC_SET, &about) == 0);
    EXPECT(syscall(SYS_setgroups, 1, list) == 0);
    pid_t child = fork();
    if (child == 0) {
        become(USER);
        EXPECT(connect(client, (struct sockaddr *)&address, sizeof(address)) == 0);
        EXPECT(shmctl(segment, IPC_STAT, &about) == 0 && shmat(segment, NULL, 0) == (void *)-1 && errno == EACCES);
        EXPECT(shmat(segment, NULL, SHM_RDONLY) != (void *)-1);
        _exit(0);
    }
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    child = fork();
    if (child == 0) {
        EXPECT(syscall(SYS_setgroups, 0, NULL) == 0);
        become(USER);
        EXPECT(connect(again, (struct sockaddr *)&address, sizeof(address)) == -1 && errno == EACCES);
        EXPECT(shmctl(segment, IPC_STAT, &about) == -1 && errno == EACCES);
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0 && shmctl(segment, IPC_RMID, NULL) == 0);
}

static void group_line(void)
{
    static char text[4096];
    gid_t list[] = {GROUP, 5};
    EXPECT(syscall(SYS_setgroups, 2, list) == 0 && setgid(OTHERS) == 0);
    int file = open("/proc/self/status", O_RDONLY);
    EXPECT(file >= 0 && read(file, text, sizeof(text) - 1) > 0 && strstr(text, "\nGroups:\t5 4723 \n"));
    EXPECT(strstr(text, "\nGid:\t4724\t4724\t4724\t4724\n"));
}

/* ---- the file system's identity ---- */

static void file_identity(void)
{
    struct stat about;
    EXPECT(chdir(folder) == 0 && syscall(SYS_setgroups, 0, NULL) == 0);
    make("theirs", 0600, OWNER, OWNER);
    EXPECT(setfsgid(GROUP) == 0 && setfsgid(-1) == GROUP && setfsuid(USER) == 0 && setfsuid(-1) == USER);
    look(&got);
    EXPECT(got.uid == 0 && got.euid == 0 && got.fsuid == USER);
    EXPECT((got.effective & (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE))) == 0 && got.effective & BIT(CAP_KILL));
    EXPECT(got.permitted & BIT(CAP_CHOWN) && opened("theirs", O_RDONLY) == EACCES);
    EXPECT(access("theirs", R_OK) == 0); /* is about the real one */
    EXPECT(opened("theirs", O_RDONLY | O_CREAT) == EACCES && chmod(".", 0755) == -1 && errno == EPERM);
    EXPECT(setfsuid(OWNER) == USER && opened("theirs", O_RDWR) == 0 && chmod("theirs", 0640) == 0);
    EXPECT(setfsuid(0) == OWNER && opened("theirs", O_RDWR) == 0);
    look(&got);
    EXPECT(got.effective & BIT(CAP_CHOWN) && chown("theirs", 0, GROUP) == 0 && chmod("theirs", 0060) == 0);
    EXPECT(mkdir("mine", 0700) == 0 && stat("mine", &about) == 0 && about.st_uid == 0 && about.st_gid == GROUP);
    /* It follows the effective one. */
    EXPECT(setfsuid(USER) == 0 && seteuid(OWNER) == 0 && setfsuid(-1) == OWNER && setegid(OTHERS) == -1);
    EXPECT(seteuid(0) == 0 && setfsuid(-1) == 0 && setegid(OTHERS) == 0 && setfsgid(-1) == OTHERS);
    become(USER);
    EXPECT(setfsuid(OWNER) == USER && setfsuid(-1) == USER && setfsgid(OWNER) == USER && setfsgid(-1) == USER);
    EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0 && setfsuid(USER) == USER && prctl(PR_GET_DUMPABLE) == 1);
}

static void other_file_identity(void)
{
    EXPECT(setfsuid(OWNER) == 0);
}

/* ---- capabilities ---- */

static void keep(void)
{
    struct credentials before;
    look(&before);
    EXPECT(prctl(PR_GET_KEEPCAPS) == 0 && prctl(PR_SET_KEEPCAPS, 2) == -1 && errno == EINVAL);
    EXPECT(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1 && prctl(PR_GET_SECUREBITS) == (int)KEEP);
    become(USER);
    look(&got);
    EXPECT(got.permitted == before.permitted && got.effective == 0);
    EXPECT(set_sets(BIT(CAP_CHOWN) | BIT(CAP_SETPCAP), got.permitted, 0) && chown(folder, 0, 0) == 0);
}

static void lock_keep(void)
{
    EXPECT(prctl(PR_SET_SECUREBITS, 256 << 16) == -1 && errno == EPERM);
    EXPECT(prctl(PR_SET_SECUREBITS, KEEP << 1) == 0 && prctl(PR_GET_SECUREBITS) == (int)KEEP << 1);
    EXPECT(prctl(PR_SET_KEEPCAPS, 1) == -1 && errno == EPERM && prctl(PR_SET_SECUREBITS, 0) == -1 && errno == EPERM);
    EXPECT(prctl(PR_SET_SECUREBITS, KEEP << 1 | KEEP) == -1 && errno == EPERM);
    EXPECT(prctl(PR_SET_SECUREBITS, KEEP << 1 | NO_ROOT | NO_AMBIENT) == 0);
    become(USER);
    EXPECT(prctl(PR_SET_SECUREBITS, KEEP << 1) == -1 && errno == EPERM);
}

static void no_fixup(void)
{
    struct credentials before;
    look(&before);
    EXPECT(prctl(PR_SET_SECUREBITS, NO_FIXUP) == 0);
    become(USER);
    look(&got);
    EXPECT(got.permitted == before.permitted && got.effective == before.effective && got.uid == USER);
    EXPECT(setfsuid(OWNER) == USER && setfsuid(-1) == OWNER && chown(folder, 0, 0) == 0);
}

static void no_root(void)
{
    EXPECT(prctl(PR_SET_SECUREBITS, NO_ROOT) == 0);
}

static void drop_bound(void)
{
    EXPECT(prctl(PR_CAPBSET_READ, CAP_CHOWN) == 1 && prctl(PR_CAPBSET_DROP, CAP_CHOWN) == 0);
    EXPECT(prctl(PR_CAPBSET_READ, CAP_CHOWN) == 0 && prctl(PR_CAPBSET_DROP, 64) == -1 && errno == EINVAL);
    look(&got);
    EXPECT(got.permitted & BIT(CAP_CHOWN) && got.effective & BIT(CAP_CHOWN) && !(got.bounding & BIT(CAP_CHOWN)));
    /* What is out of it cannot be made inheritable. */
    EXPECT(!set_sets(got.effective, got.permitted, BIT(CAP_CHOWN)) && errno == EPERM);
    EXPECT(set_sets(got.effective, got.permitted, BIT(CAP_KILL)));
    EXPECT(set_sets(got.effective & ~BIT(CAP_SETPCAP), got.permitted, BIT(CAP_KILL)));
    EXPECT(prctl(PR_CAPBSET_DROP, CAP_KILL) == -1 && errno == EPERM);
}

static int ambient(unsigned long what, unsigned long capability)
{
    return prctl(PR_CAP_AMBIENT, what, capability, 0, 0);
}

static void raise_ambient(void)
{
    look(&got);
    EXPECT(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL) == 0 && ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL) == -1);
    EXPECT(errno == EPERM && set_sets(got.effective, got.permitted, BIT(CAP_KILL) | BIT(CAP_CHOWN)));
    EXPECT(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL) == 0 && ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL) == 1);
    EXPECT(ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN) == 0 && ambient(PR_CAP_AMBIENT_LOWER, CAP_CHOWN) == 0);
    EXPECT(ambient(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN) == 0 && ambient(PR_CAP_AMBIENT_IS_SET, 64) == -1);
    EXPECT(ambient(PR_CAP_AMBIENT_CLEAR_ALL, 1) == -1 && errno == EINVAL && ambient(9, 0) == -1 && errno == EINVAL);
    EXPECT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 1, 0) == -1 && errno == EINVAL);
}

/* The way of a service that runs as a user with one right of the superuser's. */
static void ambient_user(void)
{
    raise_ambient();
    EXPECT(prctl(PR_SET_SECUREBITS, NO_FIXUP) == 0);
    become(USER);
    EXPECT(prctl(PR_SET_SECUREBITS, NO_AMBIENT) == 0 && ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN) == -1);
    EXPECT(errno == EPERM && ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL) == 1);
}

static void ambient_lost(void)
{
    raise_ambient();
    EXPECT(prctl(PR_SET_KEEPCAPS, 1) == 0);
    become(USER);
    EXPECT(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL) == 0);
    look(&got);
    EXPECT(got.inheritable == (BIT(CAP_KILL) | BIT(CAP_CHOWN)) && got.permitted & BIT(CAP_KILL));
    EXPECT(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL) == 0 && set_sets(0, got.permitted, BIT(CAP_CHOWN)));
    EXPECT(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL) == 0);
}

static void with_groups(void)
{
    gid_t list[] = {GROUP, 6};
    EXPECT(syscall(SYS_setgroups, 2, list) == 0);
    become(USER);
}

static void test_executed(void)
{
    struct credentials self;
    look(&self);
    CHECK(executed_after(with_groups) && got.groups == 2 && got.first == 6 && got.uid == USER && got.permitted == 0);
    CHECK(executed_after(other_file_identity) && got.fsuid == 0 && got.effective == self.effective);
    CHECK(executed_after(keep) && got.permitted == 0 && got.effective == 0 && got.secure == 0);
    CHECK(executed_after(no_root) && got.permitted == 0 && got.effective == 0 && got.secure == (int)NO_ROOT);
    CHECK(executed_after(drop_bound) && got.inheritable == BIT(CAP_KILL) && got.uid == 0);
    CHECK(got.permitted == (self.bounding & ~BIT(CAP_CHOWN)) && got.effective == got.permitted);
    CHECK(executed_after(ambient_user) && got.uid == USER && got.permitted == BIT(CAP_KILL));
    CHECK(got.effective == BIT(CAP_KILL) && got.ambient == BIT(CAP_KILL) && got.secure == (int)NO_AMBIENT);
    CHECK(executed_after(ambient_lost) && got.permitted == 0 && got.ambient == 0 && got.inheritable == BIT(CAP_CHOWN));
}

static void user_alone(void)
{
    uid_t user = getuid();
    gid_t group = getgid(), list[1] = {group};
    EXPECT(setfsuid(-1) == (int)user && setfsgid(-1) == (int)group && setfsuid(user) == (int)user);
    EXPECT(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1 && prctl(PR_SET_KEEPCAPS, 0) == 0);
    EXPECT(ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0) == 0 && ambient(PR_CAP_AMBIENT_RAISE, CAP_SETPCAP) == -1);
    EXPECT(user == 0 || (syscall(SYS_setgroups, 1, list) == -1 && errno == EPERM));
    EXPECT(user == 0 || (setfsuid(0) == (int)user && setfsuid(-1) == (int)user));
    EXPECT(user == 0 || (prctl(PR_CAPBSET_DROP, CAP_KILL) == -1 && errno == EPERM));
    EXPECT(user == 0 || (prctl(PR_SET_SECUREBITS, NO_ROOT) == -1 && errno == EPERM));
}

static void clean_up(void)
{
    static const char *const made[] = {"group", "not_group", "own", "nobody", "shared/new", "socket", "theirs"};
    EXPECT(chdir(folder) == 0);
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        EXPECT(unlink(made[i]) == 0);
    EXPECT(rmdir("shared") == 0 && rmdir("mine") == 0 && rmdir(folder) == 0);
}

void abi_test_credentials(void)
{
    static void (*const parts[])(void) = {group_calls, groups_of_threads, groups_open_others, group_line, keep,
                                          lock_keep,   no_fixup,          drop_bound,         groups_open_files,
                                          file_identity, ambient_user, ambient_lost};
    CHECK(abi_in_child(user_alone) == 0);
    if (getuid() != 0)
        return;
    CHECK(pipe(ends) == 0 && mkdtemp(folder) && chmod(folder, 0777) == 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        CHECK(abi_in_child(parts[i]) == 0);
    test_executed();
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    CHECK(abi_in_child(clean_up) == 0);
    strcpy(folder, "/tmp/abi_credentialsXXXXXX");
}
