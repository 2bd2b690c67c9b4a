/** One member: role, second factor, last seen; the role is changed in place, and leaving or removing is confirmed by name. */
import type { Role, RouteAnswer } from '@arouter/contract';
import { useState } from 'react';
import { useApiMutation } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ConfirmByName } from '../../components/dialog.tsx';
import { InitialsLogo } from '../../components/initials-logo.tsx';
import { Time } from '../../components/time.tsx';
import { notify, notifyError, notifyUndoable } from '../../components/toasts.tsx';
import { ROLE_WORDS, rolesToGive } from './role-words.ts';

type Member = RouteAnswer<'listMembers'>['data'][number];

export function MemberLine({ member }: { readonly member: Member }) {
  const mayManage = useMay('members.manage');
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <InitialsLogo name={member.name} />
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-2 text-[0.8125rem] font-medium">
          <span className="truncate">{member.name}</span>
          {member.is_self ? <Badge tone="accent">You</Badge> : null}
        </p>
        <p className="truncate text-xs text-muted">{member.email}</p>
      </div>
      <p className="text-xs text-muted">
        {member.two_factor_enabled ? 'Second factor on' : 'No second factor'} ·{' '}
        {member.last_seen_at === null ? (
          'not seen yet'
        ) : (
          <>
            seen <Time at={member.last_seen_at} style="relative" />
          </>
        )}
      </p>
      <RoleChoice member={member} mayManage={mayManage} />
      <RemoveButton member={member} mayManage={mayManage} />
    </li>
  );
}

function RoleChoice({ member, mayManage }: { readonly member: Member; readonly mayManage: boolean }) {
  const own = useSession().workspace.role;
  const change = useApiMutation('changeMemberRole', { stale: ['listMembers', 'getSession'] });
  const roles = rolesToGive(own);
  if (!mayManage || !roles.some(({ value }) => value === member.role)) {
    return <Badge>{ROLE_WORDS[member.role].label}</Badge>;
  }
  const set = (role: Role, onSuccess: () => void): void =>
    change.mutate(
      { params: { user_id: member.user_id }, body: { role } },
      { onSuccess, onError: notifyError },
    );
  const choose = (role: Role): void =>
    set(role, () =>
      notifyUndoable(`${member.name} is now ${ROLE_WORDS[role].label}`, () =>
        set(member.role, () => undefined),
      ),
    );
  return (
    <select
      aria-label={`Role of ${member.name}`}
      className="control w-auto"
      value={member.role}
      disabled={change.isPending}
      onChange={(event) => choose(event.target.value as Role)}
    >
      {roles.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function RemoveButton({ member, mayManage }: { readonly member: Member; readonly mayManage: boolean }) {
  const [confirming, setConfirming] = useState(false);
  const remove = useApiMutation('removeMember', { stale: ['listMembers', 'getSession'] });
  if (!mayManage && !member.is_self) return null;
  const confirm = (): void =>
    remove.mutate(
      { params: { user_id: member.user_id } },
      {
        onSuccess: () => {
          setConfirming(false);
          notify(member.is_self ? 'You have left the workspace' : `${member.name} is removed`);
        },
        onError: notifyError,
      },
    );
  return (
    <>
      <Button size="small" onClick={() => setConfirming(true)}>
        {member.is_self ? 'Leave' : 'Remove'}
      </Button>
      <ConfirmByName
        open={confirming}
        onOpenChange={setConfirming}
        title={member.is_self ? 'Leave this workspace?' : `Remove ${member.name}?`}
        name={member.name}
        action={member.is_self ? 'Leave' : 'Remove'}
        busy={remove.isPending}
        onConfirm={confirm}
      >
        The workspace can no longer be seen afterwards; keys that were made stay. Coming back needs an
        invitation.
      </ConfirmByName>
    </>
  );
}
