// SPDX-License-Identifier: Apache-2.0
// The program that the precompiled header of the tests is made for; nothing runs it.
int main() { return 0; }
