/** Where one is signed in, with a way to end it. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Loaded, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';
import { browserWords } from './browser-words.ts';

type SignedInSession = RouteAnswer<'listSessions'>['data'][number];

export function SessionsCard() {
  const sessions = useQuery(apiQuery('listSessions', {}));
  const revokeOthers = useApiMutation('revokeOtherSessions', { stale: ['listSessions'] });
  const endOthers = (): void =>
    revokeOthers.mutate({}, { onSuccess: () => notify('All other sessions ended'), onError: notifyError });
  const others = sessions.data?.data.some(({ current }) => !current) === true;
  return (
    <Card
      title="Sessions"
      description="Where you are signed in."
      actions={
        others ? (
          <Button size="small" busy={revokeOthers.isPending} onClick={endOthers}>
            End all others
          </Button>
        ) : undefined
      }
    >
      <Loaded query={sessions} skeleton={<SkeletonRows rows={2} rowClass="h-12" />}>
        {({ data }) => (
          <ul className="divide-y divide-line">
            {data.map((session) => (
              <SessionLine key={session.id} session={session} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function SessionLine({ session }: { readonly session: SignedInSession }) {
  const revoke = useApiMutation('revokeSession', { stale: ['listSessions'] });
  const end = (): void =>
    revoke.mutate(
      { params: { id: session.id } },
      { onSuccess: () => notify('The session ended'), onError: notifyError },
    );
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 py-2 text-[0.8125rem]">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={session.user_agent ?? undefined}>
          {browserWords(session.user_agent)}
        </p>
        <p className="text-xs text-muted">
          {session.ip ?? 'unknown address'} · since <Time at={session.created_at} /> · seen{' '}
          <Time at={session.last_seen_at} style="relative" />
        </p>
      </div>
      {session.current ? (
        <Badge tone="good">This one</Badge>
      ) : (
        <Button size="small" busy={revoke.isPending} onClick={end}>
          End
        </Button>
      )}
    </li>
  );
}
