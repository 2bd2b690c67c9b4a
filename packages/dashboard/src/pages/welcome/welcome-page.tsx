/** After the first run: add a provider key, send a request, see it arrive. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { Loaded, Notice, Skeleton } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { FirstRequest, useNewestRequest, type NewestRequest } from './first-request.tsx';
import { fetchFirstModel } from './choose-first-model.ts';
import { readFirstApiKey } from './first-api-key.ts';
import { snippetsOf } from './snippets.ts';

const REFETCH_MS = 2_000;
const KEY_PLACEHOLDER = 'lr_live_YOUR_API_KEY';
const MODEL_PLACEHOLDER = 'openai/gpt-4o-mini';

export function WelcomePage() {
  const { workspace } = useSession();
  const keys = useQuery({ ...apiQuery('listByok', {}), refetchInterval: REFETCH_MS });
  const first = keys.data?.data[0];
  const hasKey = first !== undefined;
  const { data: newest = null } = useNewestRequest(hasKey);
  return (
    <Page
      title="Get started"
      description="Three steps from here to a request that is served by your own provider account."
      width="text"
    >
      <ol className="grid gap-4">
        <Step number={1} title="Make a workspace" done>
          <p className="text-[0.8125rem] text-muted">“{workspace.name}” is yours.</p>
        </Step>
        <Step number={2} title="Add your first provider key" done={hasKey}>
          <Loaded query={keys} skeleton={<Skeleton className="h-5 w-60" />}>
            {() =>
              first === undefined ? (
                <AddKey />
              ) : (
                <p className="text-[0.8125rem] text-muted">“{first.label}” is saved.</p>
              )
            }
          </Loaded>
        </Step>
        <Step number={3} title="Send your first request" done={newest?.status === 'succeeded'}>
          {hasKey ? (
            <SendRequest newest={newest} />
          ) : (
            <p className="text-[0.8125rem] text-muted">It needs a key to be served with.</p>
          )}
        </Step>
      </ol>
    </Page>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly done: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li>
      <Card
        title={
          <span className="flex items-center gap-2.5">
            <span
              className={`grid size-6 place-items-center rounded-full text-xs ${done ? 'bg-good-soft text-good' : 'bg-accent-soft text-accent'}`}
            >
              {done ? <Icon name="check" className="size-3.5" /> : number}
            </span>
            {title}
            {done ? <span className="sr-only">(done)</span> : null}
          </span>
        }
      >
        {children}
      </Card>
    </li>
  );
}

function AddKey() {
  return (
    <div className="grid justify-items-start gap-3 text-[0.8125rem] text-muted">
      <p>
        Your requests are then made with your own account at that provider. The key is encrypted and never
        shown again.
      </p>
      <Link
        to="/settings/integrations"
        search={{ add: '', back: 'welcome' }}
        className={buttonClass('primary')}
      >
        <Icon name="plus" />
        Add Provider Key
      </Link>
    </div>
  );
}

function SendRequest({ newest }: { readonly newest: NewestRequest }) {
  const apiKey = readFirstApiKey();
  const model = useQuery({
    queryKey: ['first-model'],
    queryFn: () => (apiKey === null ? null : fetchFirstModel(apiKey)),
  });
  const [tab, setTab] = useState('curl');
  const snippets = snippetsOf({
    origin: location.origin,
    apiKey: apiKey ?? KEY_PLACEHOLDER,
    model: model.data ?? MODEL_PLACEHOLDER,
  });
  const shown = snippets.find(({ id }) => id === tab);
  return (
    <div className="grid gap-4">
      {apiKey === null ? (
        <Notice>
          The first API key was shown once and this page was loaded again since. Make another under API keys.
        </Notice>
      ) : (
        <div className="grid gap-1.5 text-[0.8125rem]">
          <p>
            <span className="font-medium">Your API key.</span>{' '}
            <span className="text-muted">
              For your applications. It is shown now and never again: copy it.
            </span>
          </p>
          <CodeBlock label="API key" text={apiKey} wrap />
        </div>
      )}
      <Tabs label="Ways to send it" tabs={snippets} value={tab} onValue={setTab}>
        {shown === undefined ? null : <CodeBlock label={`Request with ${shown.label}`} text={shown.text} />}
      </Tabs>
      <FirstRequest generation={newest} />
    </div>
  );
}
