/* SPDX-License-Identifier: Apache-2.0 */
/* Needs a function that may not be there, and betrays whether anything of it ran: a constructor,
   and a resolver, which the dynamic loader calls while it relocates. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

extern int needed(int number);

static void betray(void) {
  const int fd = open(RAN_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

__attribute__((constructor)) static void construct(void) { betray(); }

static int chosen(int number) { return number; }
__attribute__((used)) static int (*resolve(void))(int) {
  betray();
  return chosen;
}
int resolved(int number) __attribute__((ifunc("resolve")));

int use(int number) { return needed(number) + resolved(number); }
