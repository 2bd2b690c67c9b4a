/** What the caller sent and got, where that is kept. Loaded when it is asked for: each reading is in the audit log. */
import { ManagementError, type RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { bytesWords } from '../../components/numbers.ts';
import { Loaded, Skeleton } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { Time } from '../../components/time.tsx';
import { readableBody } from './readable-body.ts';

type Content = RouteAnswer<'getGenerationContent'>['data'];
type Body = Content['request'];

export function KeptBodiesCard({ id }: { readonly id: string }) {
  const mayRead = useMay('bodies.read');
  return (
    <Card title="Request and answer" description="What the caller sent and got, as it was on the wire.">
      {mayRead ? (
        <Readable id={id} />
      ) : (
        <Plain>
          Your role does not see what was said. Owners, admins and developers do, where it is kept.
        </Plain>
      )}
    </Card>
  );
}

function Readable({ id }: { readonly id: string }) {
  const [wanted, setWanted] = useState(false);
  const keeping = useQuery(apiQuery('getBodyKeeping', {}));
  const content = useQuery({
    ...apiQuery('getGenerationContent', { query: { id } }),
    enabled: wanted,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (content.data !== undefined) return <Both content={content.data.data} />;
  if (content.error instanceof ManagementError && content.error.status === 404)
    return <Plain>{content.error.message}</Plain>;
  if (wanted) return <Loaded query={content}>{() => null}</Loaded>;
  return (
    <Loaded query={keeping} skeleton={<Skeleton className="h-14 w-full" />}>
      {({ data: { allowed, keep } }) =>
        allowed ? (
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Button onClick={() => setWanted(true)}>Show request and answer</Button>
            <Plain>
              {keep
                ? 'That you read it will stand in the audit log.'
                : 'Keeping is off now, under Settings, Members; what was kept before can be read. That you read it will stand in the audit log.'}
            </Plain>
          </div>
        ) : (
          <Plain>
            Not kept: the operator of this gateway has not allowed it (AROUTER_KEEP_BODIES). The log has
            everything but what was said.
          </Plain>
        )
      }
    </Loaded>
  );
}

function Both({
  content: { request, answer, stored_at: keptAt, expires_at: expiresAt },
}: {
  readonly content: Content;
}) {
  return (
    <div className="grid gap-5">
      <p className="text-xs text-muted">
        Kept <Time at={keptAt} style="second" />; it will be deleted on <Time at={expiresAt} style="second" />
        . Provider keys that stood in it are stars.
      </p>
      <KeptBody title="Request" body={request} />
      <KeptBody title="Answer" body={answer} />
    </div>
  );
}

function KeptBody({ title, body }: { readonly title: string; readonly body: Body }) {
  const [view, setView] = useState('readable');
  const { text, encoding } = body;
  return (
    <section className="grid min-w-0 gap-2">
      <h3 className="flex flex-wrap items-center gap-2 text-[0.8125rem] font-semibold">
        {title}
        <span className="text-xs font-normal text-muted">
          {body.media_type}, {bytesWords(body.bytes)}
        </span>
        {body.cut ? <Badge tone="warn">cut: the first {bytesWords(body.kept_bytes)}</Badge> : null}
        {encoding === 'base64' && text !== null ? (
          <Badge tone="warn">not UTF-8: shown as Base64</Badge>
        ) : null}
      </h3>
      {text === null ? (
        <Plain>Not kept: only text is, no files, pictures or sound.</Plain>
      ) : text === '' ? (
        <Plain>Empty.</Plain>
      ) : (
        <Tabs
          label={`How the ${title.toLowerCase()} is shown`}
          tabs={[
            { id: 'readable', label: 'Readable' },
            { id: 'as-it-was', label: 'As it was' },
          ]}
          value={view}
          onValue={setView}
        >
          <CodeBlock
            wrap
            label={title.toLowerCase()}
            text={view === 'readable' && encoding === 'utf8' ? readableBody(text, body.media_type) : text}
          />
        </Tabs>
      )}
    </section>
  );
}

function Plain({ children }: { readonly children: ReactNode }) {
  return <p className="max-w-prose text-[0.8125rem] text-muted">{children}</p>;
}
