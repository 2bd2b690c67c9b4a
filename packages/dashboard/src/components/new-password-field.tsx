/** A password that is made up now. The only rule is its length; a browser's password store may propose one. */
import { TextField } from './field.tsx';

export const PASSWORD_CHARACTERS_MIN = 12;

export function NewPasswordField({
  label = 'Password',
  value,
  onValue,
  error,
}: {
  readonly label?: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly error?: string | undefined;
}) {
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      value={value}
      onValue={onValue}
      minLength={PASSWORD_CHARACTERS_MIN}
      maxLength={256}
      required
      error={error}
      help={`At least ${PASSWORD_CHARACTERS_MIN} characters. A few random words are easier to remember than a short riddle.`}
    />
  );
}
