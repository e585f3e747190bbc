/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the layout of the contract; members.inc comes from members.sh. */
#include <inttypes.h>
#include <stdio.h>
#include <tqp/plugin.h>

#define STRUCT(type) printf("%s size %zu align %zu\n", #type, sizeof(type), _Alignof(type));
#define MEMBER(type, name) \
  printf("  %-40s %4zu %4zu\n", #type "." #name, offsetof(type, name), sizeof(((type*)0)->name));
#define FUNCTION(type, name, declaration)                                 \
  printf("  %-40s %4zu %4zu %s\n", #type "." #name, offsetof(type, name), \
         sizeof(((type*)0)->name), declaration);
#define VALUE(name) printf("%s = %d\n", #name, (int)name);

int main(void) {
#include "members.inc"
  return 0;
}
