/* SPDX-License-Identifier: Apache-2.0 */
int needed(int number) { return number; }
