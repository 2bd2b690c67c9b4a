/**
 * Columns over time, each stacked from series. Drawn as SVG by us: a chart library would weigh more than the page and write
 * HTML, which the content policy refuses. The same numbers are in a table for who cannot see it.
 */
import { useState } from 'react';

export type ColumnSeries = {
  readonly key: string;
  readonly label: string;
  readonly values: readonly number[];
};

const WIDTH = 1000;
const HEIGHT = 240;
const GAP = 0.18;
const TONES = [
  'series-1',
  'series-2',
  'series-3',
  'series-4',
  'series-5',
  'series-7',
  'series-8',
  'series-6',
] as const;
const FILLS: Readonly<Record<(typeof TONES)[number], string>> = {
  'series-1': 'fill-series-1 bg-series-1',
  'series-2': 'fill-series-2 bg-series-2',
  'series-3': 'fill-series-3 bg-series-3',
  'series-4': 'fill-series-4 bg-series-4',
  'series-5': 'fill-series-5 bg-series-5',
  'series-6': 'fill-series-6 bg-series-6',
  'series-7': 'fill-series-7 bg-series-7',
  'series-8': 'fill-series-8 bg-series-8',
};

export type StackedColumnsProps = {
  readonly label: string;
  /** One per column, in order. */
  readonly times: readonly string[];
  readonly timeWords: (time: string) => string;
  readonly series: readonly ColumnSeries[];
  readonly words: (value: number) => string;
};

export function StackedColumns(props: StackedColumnsProps) {
  const { label, times, timeWords, series, words } = props;
  const [at, setAt] = useState<number | null>(null);
  const totals = times.map((_, column) => series.reduce((sum, { values }) => sum + (values[column] ?? 0), 0));
  const most = Math.max(...totals, 0);
  return (
    <figure className="grid gap-3">
      <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 text-xs">
        {series.map(({ key, label: name, values }, index) => (
          <span key={key} className="flex items-center gap-1.5">
            <span className={`size-2.5 rounded-sm ${fillOf(index)}`} aria-hidden="true" />
            <span className="max-w-48 truncate">{name}</span>
            {at === null ? null : <span className="text-muted">{words(values[at] ?? 0)}</span>}
          </span>
        ))}
        <span className="ml-auto text-muted">
          {at === null
            ? `at most ${words(most)}`
            : `${timeWords(times[at] ?? '')}: ${words(totals[at] ?? 0)}`}
        </span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        className="block h-56 w-full"
        onMouseLeave={() => setAt(null)}
      >
        {[0.25, 0.5, 0.75].map((part) => (
          <rect key={part} x="0" y={HEIGHT * part} width={WIDTH} height="1" className="fill-line" />
        ))}
        {times.map((time, column) => (
          <Column
            key={time}
            column={column}
            count={times.length}
            most={most}
            values={series.map(({ values }) => values[column] ?? 0)}
            onEnter={() => setAt(column)}
          />
        ))}
        <rect x="0" y={HEIGHT - 1} width={WIDTH} height="1" className="fill-line-strong" />
      </svg>
      <figcaption className="flex justify-between text-xs text-muted">
        <span>{timeWords(times[0] ?? '')}</span>
        <span>{timeWords(times.at(-1) ?? '')}</span>
      </figcaption>
      <NumbersTable {...props} />
    </figure>
  );
}

function Column({
  column,
  count,
  most,
  values,
  onEnter,
}: {
  readonly column: number;
  readonly count: number;
  readonly most: number;
  readonly values: readonly number[];
  readonly onEnter: () => void;
}) {
  const step = WIDTH / Math.max(1, count);
  let top = HEIGHT - 1;
  return (
    <g onMouseEnter={onEnter}>
      <rect x={column * step} y="0" width={step} height={HEIGHT} fill="transparent" />
      {values.map((value, index) => {
        const height = most === 0 || value === 0 ? 0 : Math.max(1, (value / most) * (HEIGHT - 8));
        top -= height;
        return (
          <rect
            key={index}
            x={column * step + (step * GAP) / 2}
            y={top}
            width={step * (1 - GAP)}
            height={height}
            className={fillOf(index)}
          />
        );
      })}
    </g>
  );
}

function fillOf(index: number): string {
  return FILLS[TONES[index % TONES.length] ?? 'series-6'];
}

function NumbersTable({ label, times, timeWords, series, words }: StackedColumnsProps) {
  return (
    <table className="sr-only">
      <caption>{label}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map(({ key, label: name }) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {times.map((time, column) => (
          <tr key={time}>
            <th scope="row">{timeWords(time)}</th>
            {series.map(({ key, values }) => (
              <td key={key}>{words(values[column] ?? 0)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
