/** People: the first run, signing in and out, their sessions, password and second factor. */
import { z } from 'zod';
import { PERMISSIONS, ROLES } from '../roles.ts';
import { choice, nameForPeople, printable, saying, token } from './fields.ts';
import { workspaceObject } from './credits.ts';

export const PASSWORD_CHARACTERS_MIN = 12;
export const PASSWORD_CHARACTERS_MAX = 256;
const EMAIL_CHARACTERS_MAX = 254;
const LINK_TOKEN_CHARACTERS_MAX = 128;
export const RECOVERY_CODES = 10;

export function email() {
  const error = saying('must be an e-mail address');
  return z
    .string({ error })
    .max(EMAIL_CHARACTERS_MAX, { error })
    .regex(/^[^\s@<>()",;:\\]+@[^\s@<>()",;:\\]+$/, { error });
}

/** Any characters: a password is compared, never shown. */
export function newPassword() {
  const error = saying(`must have ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters`);
  return z
    .string({ error })
    .min(PASSWORD_CHARACTERS_MIN, { error })
    .max(PASSWORD_CHARACTERS_MAX, { error })
    .meta({ writeOnly: true });
}

/** As typed: whether it fits a rule for new ones says nothing about an old one. */
function knownPassword() {
  const error = saying(`must be text of at most ${PASSWORD_CHARACTERS_MAX} characters`);
  return z.string({ error }).max(PASSWORD_CHARACTERS_MAX, { error }).meta({ writeOnly: true });
}

export function linkToken() {
  return token(LINK_TOKEN_CHARACTERS_MAX).meta({
    description: 'What follows #token= in the link.',
    writeOnly: true,
  });
}

const secondFactorCode = printable(32).meta({
  description: 'Six digits of the authenticator, or a recovery code.',
  writeOnly: true,
});

export const userObject = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    is_operator: z.boolean().meta({ description: 'May manage the instance: platform keys, prices, grants.' }),
    two_factor_enabled: z.boolean(),
  })
  .meta({ id: 'User' });
export const userAnswer = z.strictObject({ data: userObject });

export const ownWorkspace = workspaceObject
  .extend({ role: z.enum(ROLES) })
  .meta({ id: 'OwnWorkspace', description: 'A workspace and the role of the signed-in person in it.' });

export const sessionAnswer = z.strictObject({
  data: z
    .strictObject({
      first_run: z
        .boolean()
        .meta({ description: 'True while nobody owns this instance: the printed link opens it.' }),
      state: choice(['signed_out', 'two_factor_required', 'signed_in']),
      sso: z.strictObject({ label: z.string() }).nullable(),
      password_sign_in: z.boolean(),
      user: userObject.nullable(),
      workspace: ownWorkspace.nullable().meta({ description: 'The active one.' }),
      workspaces: z.array(ownWorkspace),
      permissions: z.array(z.enum(PERMISSIONS)).meta({ description: 'In the active workspace.' }),
    })
    .meta({ id: 'Session' }),
});

const person = { name: nameForPeople(), email: email(), password: newPassword() };

export const firstRunBody = z.strictObject({
  token: linkToken(),
  workspace_name: nameForPeople().optional(),
  ...person,
});
export const firstRunAnswer = z.strictObject({
  data: z.strictObject({
    workspace_id: z.string(),
    first_api_key: z.string().meta({ description: 'For the first request. Shown once.' }),
  }),
});

export const signInBody = z.strictObject({ email: email(), password: knownPassword() });
export const signInAnswer = z.strictObject({
  data: z.strictObject({ state: choice(['two_factor_required', 'signed_in']) }),
});
export const secondFactorBody = z.strictObject({ code: secondFactorCode });
export const switchWorkspaceBody = z.strictObject({ workspace_id: token(64) });
export const switchWorkspaceAnswer = z.strictObject({ data: z.strictObject({ workspace_id: z.string() }) });

export const sessionListAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id: z.string(),
        created_at: z.string(),
        last_seen_at: z.string(),
        expires_at: z.string(),
        ip: z.string().nullable(),
        user_agent: z.string().nullable(),
        current: z.boolean(),
      })
      .meta({ id: 'SignedInSession' }),
  ),
});
export const revokedAnswer = z.strictObject({ data: z.strictObject({ revoked: z.number() }) });

export const updateUserBody = z.strictObject({ name: nameForPeople() });
export const changePasswordBody = z.strictObject({
  current_password: knownPassword(),
  new_password: newPassword(),
});
export const passwordBody = z.strictObject({ password: knownPassword() });
export const startTwoFactorAnswer = z.strictObject({
  data: z.strictObject({
    totp_uri: z.string(),
    secret: z.string().meta({ description: 'For typing into an authenticator. Shown once.' }),
    recovery_codes: z.array(z.string()),
  }),
});
export const recoveryCodesAnswer = z.strictObject({
  data: z.strictObject({ recovery_codes: z.array(z.string()).meta({ description: 'Shown once.' }) }),
});

const ssoText = printable(4096).optional();
export const ssoCallbackQuery = z.strictObject({
  code: ssoText,
  state: ssoText,
  iss: ssoText,
  session_state: ssoText,
  scope: ssoText,
  error: ssoText,
  error_description: ssoText,
  error_uri: ssoText,
});
