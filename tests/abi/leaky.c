/* SPDX-License-Identifier: Apache-2.0 */
/* What check_plugin.sh must refuse: a file with a second export. */
int tqp_entry_1(void);
int leaked(void);
int tqp_entry_1(void) { return 0; }
int leaked(void) { return 1; }
