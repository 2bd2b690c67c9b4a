/** Open invitations. The link itself is shown only when it is made. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ErrorState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';
import { ROLE_WORDS } from './role-words.ts';

type Invitation = RouteAnswer<'listInvitations'>['data'][number];

export function InvitationsCard() {
  const invitations = useQuery(apiQuery('listInvitations', {}));
  const all = invitations.data?.data ?? [];
  if (invitations.isError && all.length === 0) {
    return (
      <Card title="Invitations">
        <ErrorState error={invitations.error} onRetry={() => void invitations.refetch()} />
      </Card>
    );
  }
  if (all.length === 0) return null;
  return (
    <Card title="Invitations" description="A link works once, for seven days.">
      <ul className="divide-y divide-line">
        {all.map((invitation) => (
          <InvitationLine key={invitation.id} invitation={invitation} />
        ))}
      </ul>
    </Card>
  );
}

function InvitationLine({ invitation }: { readonly invitation: Invitation }) {
  const mayManage = useMay('members.manage');
  const revoke = useApiMutation('revokeInvitation', { stale: ['listInvitations'] });
  const run = (): void =>
    revoke.mutate(
      { params: { id: invitation.id } },
      {
        onSuccess: () => notify(`The invitation of ${invitation.email} no longer works`),
        onError: notifyError,
      },
    );
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-1 py-2 text-[0.8125rem]">
      <span className="min-w-0 flex-1 basis-48 truncate font-medium">{invitation.email}</span>
      <Badge>{ROLE_WORDS[invitation.role].label}</Badge>
      <span className="text-xs text-muted">
        {invitation.state === 'expired' ? 'expired' : 'ends'}{' '}
        <Time at={invitation.expires_at} style="relative" />
      </span>
      {mayManage ? (
        <Button size="small" busy={revoke.isPending} onClick={run}>
          Revoke
        </Button>
      ) : null}
    </li>
  );
}
