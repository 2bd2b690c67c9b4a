/** How many exchanges were kept and how many were not, for the metrics. */
const REASONS = ['queue_full', 'write_failed'] as const;
export type BodyDropReason = (typeof REASONS)[number];

export type BodyCounts = {
  kept(): void;
  dropped(reason: BodyDropReason): void;
  /** In Prometheus' text format, with its last line end. */
  text(): string;
};

export function createBodyCounts(): BodyCounts {
  let kept = 0;
  const dropped: Record<BodyDropReason, number> = { queue_full: 0, write_failed: 0 };
  return {
    kept() {
      kept += 1;
    },
    dropped(reason) {
      dropped[reason] += 1;
    },
    text: () =>
      [
        '# HELP arouter_bodies_kept_total Requests whose bodies were kept.',
        '# TYPE arouter_bodies_kept_total counter',
        `arouter_bodies_kept_total ${kept}`,
        '# HELP arouter_bodies_dropped_total Requests whose bodies should have been kept and were not.',
        '# TYPE arouter_bodies_dropped_total counter',
        ...REASONS.map((reason) => `arouter_bodies_dropped_total{reason="${reason}"} ${dropped[reason]}`),
        '',
      ].join('\n'),
  };
}
