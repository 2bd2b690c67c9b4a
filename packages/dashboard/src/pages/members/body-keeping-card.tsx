/** Whether the workspace keeps what callers say. For owners and admins; off unless they turn it on. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmByName } from '../../components/dialog.tsx';
import { SwitchField } from '../../components/field.tsx';
import { bytesWords } from '../../components/numbers.ts';
import { Loaded, Skeleton } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';

type Keeping = RouteAnswer<'getBodyKeeping'>['data'];

export function BodyKeepingCard() {
  const mayManage = useMay('workspace.manage');
  const keeping = useQuery({ ...apiQuery('getBodyKeeping', {}), enabled: mayManage });
  if (!mayManage) return null;
  return (
    <Card title="Requests and answers">
      <Loaded query={keeping} skeleton={<Skeleton className="h-24 w-full" />}>
        {({ data }) => <Switch keeping={data} />}
      </Loaded>
    </Card>
  );
}

function Switch({ keeping }: { readonly keeping: Keeping }) {
  const { allowed, keep, since, kept_bytes: keptBytes } = keeping;
  const [deleting, setDeleting] = useState(false);
  const change = useApiMutation('changeBodyKeeping', { stale: ['getBodyKeeping'] });
  const turn = (next: boolean): void =>
    change.mutate(
      { body: { keep: next } },
      {
        onSuccess: ({ data }) => {
          notify(next ? 'From now on requests and answers are kept' : 'Nothing more is kept');
          if (!next && data.kept_bytes > 0) setDeleting(true);
        },
        onError: notifyError,
      },
    );
  return (
    <div className="grid max-w-2xl gap-4 text-[0.8125rem]">
      <SwitchField
        label="Keep the bodies of requests and answers"
        checked={keep}
        disabled={!allowed || change.isPending}
        onChecked={turn}
        help={helpOf(keeping)}
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-muted">
        {since === null ? null : (
          <span>
            On since <Time at={since} style="second" />.
          </span>
        )}
        <span>{keptBytes === 0 ? 'Nothing is kept now.' : `${bytesWords(keptBytes)} are kept now.`}</span>
        {keptBytes > 0 ? <Button onClick={() => setDeleting(true)}>Delete what is kept</Button> : null}
      </div>
      {deleting ? <DeleteKept keeping={keeping} onClose={() => setDeleting(false)} /> : null}
    </div>
  );
}

function helpOf({ allowed, days, body_bytes_max: bytesMax }: Keeping): string {
  if (!allowed)
    return 'The operator of this gateway has not allowed it. Ask them to start it with AROUTER_KEEP_BODIES=true.';
  const time = days === 1 ? 'one day' : `${days} days`;
  return `For ${time}, encrypted with this workspace's key, up to ${bytesWords(bytesMax)} each. Owners, admins and developers can read them, and each reading is in the audit log. Headers are not kept; provider keys that stand in a text are kept as stars.`;
}

function DeleteKept({ keeping, onClose }: { readonly keeping: Keeping; readonly onClose: () => void }) {
  const { workspace } = useSession();
  const remove = useApiMutation('deleteKeptBodies', { stale: ['getBodyKeeping', 'getGenerationContent'] });
  return (
    <ConfirmByName
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Delete what is kept?"
      name={workspace.name}
      action="Delete"
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(
          {},
          {
            onSuccess: () => {
              notify('What was kept is deleted');
              onClose();
            },
            onError: notifyError,
          },
        )
      }
    >
      All requests and answers that are kept of this workspace go. The log with its verdicts and costs stays.
      {keeping.keep ? ' Keeping stays on: new requests are kept.' : ''} This cannot be undone.
    </ConfirmByName>
  );
}
