/** Settings → Members: who belongs to the workspace, in which role, and who is invited. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { Below, Loaded, SkeletonRows } from '../../components/states.tsx';
import { BodyKeepingCard } from './body-keeping-card.tsx';
import { InvitationsCard } from './invitations-card.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { MemberLine } from './member-line.tsx';
import { WorkspaceCard } from './workspace-card.tsx';

export function MembersPage() {
  const [inviting, setInviting] = useState(false);
  const mayManage = useMay('members.manage');
  const members = useQuery(apiQuery('listMembers', {}));
  return (
    <Page
      title="Members"
      description="Who belongs to this workspace, and what each may do in it."
      actions={
        mayManage ? (
          <Button look="primary" icon="plus" onClick={() => setInviting(true)}>
            Invite
          </Button>
        ) : undefined
      }
    >
      <Card flush>
        <Loaded
          query={members}
          skeleton={
            <div className="p-4">
              <SkeletonRows rows={3} rowClass="h-16" />
            </div>
          }
        >
          {({ data }) => (
            <ul className="divide-y divide-line">
              {data.map((member) => (
                <MemberLine key={member.user_id} member={member} />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      <Below query={members}>
        {mayManage ? <InvitationsCard /> : null}
        <WorkspaceCard />
        <BodyKeepingCard />
      </Below>
      {inviting ? <InviteDialog onClose={() => setInviting(false)} /> : null}
    </Page>
  );
}
