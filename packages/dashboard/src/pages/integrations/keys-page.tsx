/** Settings → Integrations, and its twin for the operator's platform keys: the keys, the providers, and what is done with them. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { apiQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, Loaded, SkeletonRows } from '../../components/states.tsx';
import type { Provider } from './key-draft.ts';
import { KeyDetails } from './key-details.tsx';
import { KeyEditor } from './key-editor.tsx';
import { KeyList } from './key-list.tsx';
import { providerKeysQuery, type KeyScope, type ProviderKey } from './key-scope.ts';
import { KeyWizard } from './key-wizard.tsx';
import { ProviderGrid } from './provider-grid.tsx';
import { useKeysSearch } from './use-keys-search.ts';

const WORDS = {
  byok: {
    title: 'Integrations',
    description:
      'Bring your own provider keys. Requests go to your keys first; where a key’s policy allows, platform keys stand in when none of yours can serve.',
    empty:
      'Add a key of any provider and requests are routed through your own account. Your ARouter API key and your code stay as they are.',
  },
  platform: {
    title: 'Platform keys',
    description:
      'The operator’s own provider keys. They serve every workspace when its own keys cannot, and are paid from credits.',
    empty: 'Without platform keys, workspaces are served by their own keys only.',
  },
} as const;

export function IntegrationsPage() {
  return <KeysPage scope="byok" />;
}

export function PlatformKeysPage() {
  return <KeysPage scope="platform" />;
}

function KeysPage({ scope }: { readonly scope: KeyScope }) {
  const keys = useQuery(providerKeysQuery(scope));
  const providers = useQuery(apiQuery('listProviders', {}));
  const mayManage = useMay(scope === 'byok' ? 'provider_keys.manage' : 'operator');
  const [, open] = useKeysSearch();
  const words = WORDS[scope];
  const add = mayManage ? (
    <Button look="primary" icon="plus" onClick={() => open({ add: '' })}>
      Add Provider Key
    </Button>
  ) : null;
  return (
    <Page title={words.title} description={words.description} actions={add}>
      <Loaded query={providers} skeleton={<PageSkeleton />}>
        {({ data: known }) => (
          <Loaded query={keys} skeleton={<PageSkeleton />}>
            {(own) => (
              <>
                {own.length === 0 ? (
                  <Card>
                    <EmptyState icon="plug" title="No provider key yet" action={add}>
                      {words.empty}
                    </EmptyState>
                  </Card>
                ) : (
                  <KeyList scope={scope} keys={own} providers={known} mayManage={mayManage} />
                )}
                <ProviderGrid keys={own} providers={known} mayManage={mayManage} />
                <OpenPanels scope={scope} keys={own} providers={known} mayManage={mayManage} />
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function PageSkeleton() {
  return <SkeletonRows rows={6} rowClass="h-20" />;
}

/** What lies over the page: the details of a key, its form, or the way to a new one. */
function OpenPanels({
  scope,
  keys,
  providers,
  mayManage,
}: {
  readonly scope: KeyScope;
  readonly keys: readonly ProviderKey[];
  readonly providers: readonly Provider[];
  readonly mayManage: boolean;
}) {
  const [search, open] = useKeysSearch();
  const navigate = useNavigate();
  const shown = keys.find(({ id }) => id === search.key);
  const edited = mayManage ? keys.find(({ id }) => id === search.edit) : undefined;
  const providerOf = (key: ProviderKey) => providers.find(({ id }) => id === key.provider);
  return (
    <>
      {shown === undefined ? null : (
        <KeyDetails
          key={shown.id}
          scope={scope}
          providerKey={shown}
          provider={providerOf(shown)}
          sisters={keys.filter(({ provider }) => provider === shown.provider)}
          mayManage={mayManage}
        />
      )}
      {edited === undefined ? null : (
        <KeyEditor
          key={edited.id}
          scope={scope}
          providerKey={edited}
          provider={providerOf(edited)}
          keys={keys}
        />
      )}
      {search.add === undefined || !mayManage ? null : (
        <KeyWizard
          scope={scope}
          providers={providers}
          keys={keys}
          providerId={search.add}
          onClose={() => (search.back === 'welcome' ? void navigate({ to: '/welcome' }) : open({}))}
        />
      )}
    </>
  );
}
