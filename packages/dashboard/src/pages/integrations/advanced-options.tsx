/** What a key can be told besides its credential, with what each means for routing. */
import { SwitchField, TextField } from '../../components/field.tsx';
import { typeOf, type FieldErrors, type KeyDraft, type Provider } from './key-draft.ts';
import type { ProviderKey } from './key-scope.ts';
import { ModelPicker } from './model-picker.tsx';
import { ShareBars } from './share-bars.tsx';

export type OptionsProps = {
  readonly provider: Provider;
  readonly draft: KeyDraft;
  readonly errors: FieldErrors;
  readonly onDraft: (change: Partial<KeyDraft>) => void;
  /** Keys of the same provider. */
  readonly sisters: readonly ProviderKey[];
  /** The key that is edited; null: a new one. */
  readonly current: string | null;
};

export function AdvancedOptions(props: OptionsProps) {
  const { draft, errors, onDraft } = props;
  return (
    <div className="grid gap-5">
      <SwitchField
        label="Always use this key"
        help="Never fall back to platform keys: when this key cannot serve, other keys of yours are tried, and then the request is refused."
        checked={draft.alwaysUse}
        onChecked={(alwaysUse) => onDraft({ alwaysUse })}
      />
      <Weight {...props} />
      <ModelPicker
        provider={props.provider}
        chosen={draft.supportedModels}
        error={errors['supported_models']}
        onChosen={(supportedModels) => onDraft({ supportedModels })}
      />
      <Limits {...props} />
      <Budgets {...props} />
      <Place {...props} />
    </div>
  );
}

const WEIGHT_MAX = 1000;

function Weight({ provider, draft, errors, onDraft, sisters, current }: OptionsProps) {
  const weight = Number(draft.weight);
  const valid = Number.isInteger(weight) && weight >= 1 && weight <= WEIGHT_MAX;
  const others = sisters.filter(({ id }) => id !== current);
  return (
    <div className="grid gap-3">
      <TextField
        label="Weight"
        help="Its share among your keys of this provider: a key of weight 2 is tried first twice as often as one of weight 1."
        inputMode="numeric"
        value={draft.weight}
        error={errors['weight']}
        onValue={(text) => onDraft({ weight: text })}
      />
      {others.length === 0 || !valid ? null : (
        <div className="rounded-xl bg-sunken p-3" aria-live="polite">
          <p className="mb-2 text-xs text-muted">
            Requests that each key is tried first for, with this weight:
          </p>
          <ShareBars
            scope={others[0]?.source === 'platform' ? 'platform' : 'byok'}
            provider={provider.id}
            weight={weight}
            keyId={current}
            label={draft.label.trim() || 'This key'}
            count={others.length + 1}
          />
        </div>
      )}
    </div>
  );
}

function Limits({ draft, errors, onDraft }: OptionsProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="RPM limit"
        help="Requests in any 60 seconds, counted exactly. Empty: unlimited."
        placeholder="Unlimited"
        inputMode="numeric"
        value={draft.rpmLimit}
        error={errors['rpm_limit']}
        onValue={(rpmLimit) => onDraft({ rpmLimit })}
      />
      <TextField
        label="Concurrent requests"
        help="At the same time. Empty: unlimited."
        placeholder="Unlimited"
        inputMode="numeric"
        value={draft.maxConcurrency}
        error={errors['max_concurrency']}
        onValue={(maxConcurrency) => onDraft({ maxConcurrency })}
      />
    </div>
  );
}

function Budgets({ draft, errors, onDraft }: OptionsProps) {
  const none = draft.dailyBudget.trim() === '' && draft.monthlyBudget.trim() === '';
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Daily budget"
          unit="USD"
          placeholder="Unlimited"
          help="Begins anew at 00:00 UTC."
          inputMode="decimal"
          value={draft.dailyBudget}
          error={errors['daily_budget_usd']}
          onValue={(dailyBudget) => onDraft({ dailyBudget })}
        />
        <TextField
          label="Monthly budget"
          unit="USD"
          placeholder="Unlimited"
          help="Begins anew on the first of the month, UTC."
          inputMode="decimal"
          value={draft.monthlyBudget}
          error={errors['monthly_budget_usd']}
          onValue={(monthlyBudget) => onDraft({ monthlyBudget })}
        />
      </div>
      <SwitchField
        label="Never exceed the budget"
        help="Reserves the most that each request can cost before it is sent. Off: what is in flight may exceed it a little."
        checked={draft.hardBudget}
        disabled={none}
        onChecked={(hardBudget) => onDraft({ hardBudget })}
      />
    </div>
  );
}

function Place({ provider, draft, errors, onDraft }: OptionsProps) {
  const type = typeOf(provider, draft.typeId);
  // Where the credential itself says it, there is one field for it, not two.
  const hasOwnRegion = type.fields.some(({ name }) => name === 'region');
  const regions = provider.regions;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {needsBaseUrl(provider, draft) ? null : (
        <BaseUrlField draft={draft} errors={errors} onDraft={onDraft} provider={provider} />
      )}
      {hasOwnRegion ? null : (
        <span>
          <TextField
            label="Region"
            placeholder="Any"
            list={regions.length > 0 ? 'option-regions' : undefined}
            help={
              regions.length > 0
                ? `Chooses ${provider.name}’s regional endpoint: ${regions.join(', ')}.`
                : 'Where the key serves; requests may prefer or require a region.'
            }
            value={draft.region}
            error={errors['region']}
            onValue={(region) => onDraft({ region })}
          />
          <datalist id="option-regions">
            {regions.map((region) => (
              <option key={region} value={region} />
            ))}
          </datalist>
        </span>
      )}
    </div>
  );
}

export function BaseUrlField({
  provider,
  draft,
  errors,
  onDraft,
}: Pick<OptionsProps, 'provider' | 'draft' | 'errors' | 'onDraft'>) {
  return (
    <TextField
      label="Base URL"
      type="url"
      placeholder={provider.base_url ?? 'https://…/v1'}
      help={
        provider.base_url === null
          ? 'Where this endpoint answers, up to and including the version.'
          : 'Another https endpoint on a public address. Empty: the provider’s own.'
      }
      value={draft.baseUrl}
      error={errors['base_url']}
      onValue={(baseUrl) => onDraft({ baseUrl })}
    />
  );
}

/** The provider has no address of its own, and the credential names none. */
export function needsBaseUrl(provider: Provider, draft: KeyDraft): boolean {
  const type = typeOf(provider, draft.typeId);
  return (
    provider.base_url === null && !type.fields.some(({ name, input }) => name === 'region' || input === 'url')
  );
}
