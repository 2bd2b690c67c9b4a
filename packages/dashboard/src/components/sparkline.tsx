/** A small column per hour: how much was asked, and how much of it failed. */
export function Sparkline({
  requests,
  errors,
  label,
}: {
  readonly requests: readonly number[];
  /** The same hours; at most the requests. */
  readonly errors: readonly number[];
  readonly label: string;
}) {
  const most = Math.max(1, ...requests);
  const width = 100 / Math.max(1, requests.length);
  return (
    <svg
      viewBox="0 0 100 24"
      preserveAspectRatio="none"
      className="block h-6 w-full"
      role="img"
      aria-label={label}
    >
      {requests.map((count, hour) => {
        const failed = Math.min(errors[hour] ?? 0, count);
        const height = count === 0 ? 0.75 : Math.max(1.5, (count / most) * 24);
        const failedHeight = count === 0 || failed === 0 ? 0 : Math.max(1.5, (failed / count) * height);
        const x = hour * width + width * 0.12;
        const column = width * 0.76;
        return (
          <g key={hour}>
            <rect
              x={x}
              y={24 - height}
              width={column}
              height={height}
              className={count === 0 ? 'fill-line-strong' : 'fill-series-1'}
            />
            <rect x={x} y={24 - failedHeight} width={column} height={failedHeight} className="fill-bad" />
          </g>
        );
      })}
    </svg>
  );
}

/** How much of a limit is used. Over the limit the bar is full and red; the words beside it say by how much. */
export function UsedBar({
  used,
  limit,
  label,
}: {
  readonly used: number;
  readonly limit: number;
  readonly label: string;
}) {
  const share = limit <= 0 ? 1 : Math.min(1, used / limit);
  const tone = share >= 1 ? 'text-bad' : share >= 0.8 ? 'text-warn' : 'text-accent';
  return (
    <svg
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className={`block h-1 w-full rounded-full ${tone}`}
      role="img"
      aria-label={label}
    >
      <rect width="100" height="4" className="fill-line" />
      <rect width={share * 100} height="4" fill="currentColor" />
    </svg>
  );
}
