/** The form of a provider key, new or stored: credential, name, and the rest folded away until it is asked for. */
import type { ReactNode } from 'react';
import { TextField } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Notice } from '../../components/states.tsx';
import { AdvancedOptions, BaseUrlField, needsBaseUrl, type OptionsProps } from './advanced-options.tsx';

/** `credential`: its part of the form, since a stored key hides it until it is to be replaced. */
export function KeyForm({ credential, ...props }: OptionsProps & { readonly credential: ReactNode }) {
  const { draft, errors, onDraft, provider } = props;
  const hidden = Object.keys(errors).some((field) => ADVANCED.has(field));
  return (
    <div className="grid gap-5">
      {errors[''] === undefined ? null : <Notice tone="bad">{errors['']}</Notice>}
      {needsBaseUrl(provider, draft) ? <BaseUrlField {...props} /> : null}
      {credential}
      <TextField
        label="Label"
        optional
        help="A name for this key, such as “Production”."
        value={draft.label}
        error={errors['label']}
        maxLength={255}
        onValue={(label) => onDraft({ label })}
      />
      {/* Opens by itself where something inside is wrong. */}
      <details className="group rounded-xl border border-line" open={hidden || undefined}>
        <summary className="flex cursor-pointer items-center gap-2 px-4 py-3 text-[0.8125rem] font-medium select-none">
          <Icon name="chevron" className="size-3.5 group-open:rotate-90" />
          Advanced options
          <span className="font-normal text-muted">fallback, weight, models, limits, budgets, address</span>
        </summary>
        <div className="border-t border-line p-4">
          <AdvancedOptions {...props} />
        </div>
      </details>
    </div>
  );
}

const ADVANCED = new Set([
  'weight',
  'rpm_limit',
  'max_concurrency',
  'supported_models',
  'daily_budget_usd',
  'monthly_budget_usd',
  'base_url',
  'region',
]);
