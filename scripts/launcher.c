/* SPDX-License-Identifier: Apache-2.0 */
/* PREFIX/bin/tqhost of an archive (scripts/archive): starts the real one with the archive's own
 * loader and libraries, under the name that it was called by. Linked statically: needs nothing of
 * the machine but /proc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char** environ;

static char* below(const char* prefix, const char* path) {
  char* const out = malloc(strlen(prefix) + strlen(path) + 1);
  if (out != NULL) strcat(strcpy(out, prefix), path);
  return out;
}

int main(int argc, char** argv) {
  char self[4096];
  const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  if (size <= 0 || argc < 1) {
    fputs("tqhost: cannot find out where this program lies: is /proc there?\n", stderr);
    return 1;
  }
  self[size] = 0;
  for (int up = 0; up < 2; ++up) { /* PREFIX/bin/tqhost -> PREFIX */
    char* const slash = strrchr(self, '/');
    if (slash != NULL) *slash = 0;
  }
  char* const loader = below(self, "/lib/tqhost/lib/ld-linux-x86-64.so.2");
  char** const words = calloc((size_t)argc + 6, sizeof *words);
  if (loader == NULL || words == NULL) return 1;
  char** word = words;
  *word++ = loader;
  *word++ = (char*)"--library-path";
  *word++ = below(self, "/lib/tqhost/lib");
  *word++ = (char*)"--argv0";
  *word++ = argv[0];
  *word++ = below(self, "/lib/tqhost/bin/tqhost");
  for (int i = 1; i < argc; ++i) *word++ = argv[i];
  execve(loader, words, environ);
  perror(loader);
  return 1;
}
