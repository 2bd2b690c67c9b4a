/** Which model is asked, and how. What is left empty is left to the provider. */
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { TextAreaField, TextField } from '../../components/field.tsx';
import { ModelField } from '../../components/model-field.tsx';
import type { Settings } from './use-conversation.ts';

/** As it is typed. */
export type SettingsDraft = Readonly<Record<'model' | 'system' | NumberName, string>>;
type NumberName = 'temperature' | 'topP' | 'maxTokens';

const NUMBERS: Readonly<
  Record<NumberName, { readonly label: string; readonly least: number; readonly most: number }>
> = {
  temperature: { label: 'Temperature', least: 0, most: 2 },
  topP: { label: 'Top p', least: 0, most: 1 },
  maxTokens: { label: 'Most tokens to answer', least: 1, most: 1_000_000 },
};
const NUMBER_NAMES = Object.keys(NUMBERS) as readonly NumberName[];

export function SettingsCard({
  draft,
  onDraft,
}: {
  readonly draft: SettingsDraft;
  readonly onDraft: (draft: SettingsDraft) => void;
}) {
  const set = (name: keyof SettingsDraft) => (value: string) => onDraft({ ...draft, [name]: value });
  // Where the answers stand beside it there is room for all of it.
  const [open, setOpen] = useState(() => matchMedia('(min-width: 80rem)').matches);
  return (
    <div className="xl:sticky xl:top-5">
      <Card>
        <div className="grid gap-4">
          <ModelField label="Model" value={draft.model} onValue={set('model')} />
          <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary className="cursor-pointer text-[0.8125rem] text-muted">
              System prompt and parameters
            </summary>
            <div className="mt-4 grid gap-4 md:max-xl:grid-cols-2">
              <TextAreaField
                label="System prompt"
                optional
                rows={3}
                className="font-sans text-[0.8125rem]"
                value={draft.system}
                onValue={set('system')}
              />
              <div className="grid grid-cols-2 content-start gap-3">
                {NUMBER_NAMES.map((name) => (
                  <TextField
                    key={name}
                    label={NUMBERS[name].label}
                    placeholder="Default"
                    inputMode="decimal"
                    value={draft[name]}
                    error={problemOf(draft, name)}
                    onValue={set(name)}
                  />
                ))}
              </div>
            </div>
          </details>
        </div>
      </Card>
    </div>
  );
}

export function problemsOf(draft: SettingsDraft): readonly string[] {
  const missing = draft.model.trim() === '' ? ['Choose a model.'] : [];
  return [...missing, ...NUMBER_NAMES.flatMap((name) => problemOf(draft, name) ?? [])];
}

function problemOf(draft: SettingsDraft, name: NumberName): string | null {
  const value = toNumber(draft[name]);
  const { least, most } = NUMBERS[name];
  if (value === null) return null;
  const whole = name !== 'maxTokens' || Number.isInteger(value);
  return value >= least && value <= most && whole
    ? null
    : `From ${least} to ${most.toLocaleString('en-US')}.`;
}

export function toSettings(draft: SettingsDraft): Settings {
  return {
    model: draft.model.trim(),
    system: draft.system,
    temperature: toNumber(draft.temperature),
    topP: toNumber(draft.topP),
    maxTokens: toNumber(draft.maxTokens),
  };
}

function toNumber(text: string): number | null {
  return text.trim() === '' ? null : Number(text.replace(',', '.'));
}
