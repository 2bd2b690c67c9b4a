/** How a generation ended, in a word. */
import { Badge, type Tone } from '../../components/badge.tsx';
import type { STATUSES } from './log-filters.ts';

type Status = (typeof STATUSES)[number];

const LOOKS: Readonly<Record<Status, readonly [tone: Tone, word: string]>> = {
  running: ['accent', 'Running'],
  succeeded: ['good', 'Succeeded'],
  failed: ['bad', 'Failed'],
  cancelled: ['neutral', 'Caller left'],
  interrupted: ['warn', 'Broken off'],
  refused: ['warn', 'Refused'],
};

export function StatusBadge({ status }: { readonly status: Status }) {
  const [tone, word] = LOOKS[status];
  return (
    <Badge tone={tone} dot>
      {word}
    </Badge>
  );
}

export function statusWord(status: Status): string {
  return LOOKS[status][1];
}
