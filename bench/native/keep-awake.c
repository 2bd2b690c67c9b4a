/*
 * Keeps one core from halting, and takes nothing from anyone: it runs only when nothing else wants the core (SCHED_IDLE).
 *
 *   keep-awake CORE
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct sched_param lowest = {0};
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(atoi(argv[1]), &core);
  /* Nobody must be left with it when the benchmark is killed. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (sched_setaffinity(0, sizeof core, &core) != 0) return 1;
  if (sched_setscheduler(0, SCHED_IDLE, &lowest) != 0) return 1;
  for (;;) __asm__ volatile("" ::: "memory");
}
