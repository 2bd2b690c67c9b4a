/** The two kinds of credential that Bedrock takes: an access key that signs, and an API key that is sent. */
import type { CredentialField, CredentialType, PlacedCredential } from '@arouter/core';
import { isRegion } from './regions.ts';

const CHARACTERS_MAX = 4096;

const region: CredentialField = {
  name: 'region',
  label: 'Region',
  secret: false,
  required: true,
  input: 'text',
  help: 'The AWS region that the key calls, e.g. us-east-1. Models differ by region.',
  aliases: ['aws_region', 'aws_region_name', 'awsRegion'],
  check: (value) => (isRegion(value) ? undefined : 'This is not an AWS region; enter one such as us-east-1.'),
};

const inferenceProfile: CredentialField = {
  name: 'inference_profile',
  label: 'Cross-region inference',
  secret: false,
  required: false,
  input: 'text',
  help: 'Where requests may be served: global, none (this region alone), or empty for the profile of the region.',
  aliases: ['inferenceProfile'],
  check: (value) =>
    /^(?:global|none)$/.test(value) ? undefined : 'Enter global or none, or leave it empty.',
};

export const accessKeyType: CredentialType = {
  id: 'bedrock',
  label: 'Access key',
  fields: [
    {
      name: 'access_key',
      label: 'Access key ID',
      secret: true,
      required: true,
      input: 'text',
      help: 'Of an IAM user or role that may call bedrock:InvokeModel.',
      aliases: ['accessKeyId', 'access_key_id', 'aws_access_key_id', 'aws_access_key', 'accessKey'],
      check: checkAccessKey,
    },
    {
      name: 'secret_key',
      label: 'Secret access key',
      secret: true,
      required: true,
      input: 'text',
      help: 'AWS shows it once, when the access key is made.',
      aliases: [
        'secretAccessKey',
        'secret_access_key',
        'aws_secret_access_key',
        'aws_secret_key',
        'secretKey',
      ],
      check: checkSecretKey,
    },
    {
      name: 'session_token',
      label: 'Session token',
      secret: true,
      required: false,
      input: 'text',
      help: 'Only for temporary credentials, whose access key begins with ASIA. They expire within hours.',
      aliases: ['sessionToken', 'aws_session_token'],
      check: (value) => plainText(value, 'session token'),
    },
    region,
    inferenceProfile,
  ],
  place: placeAccessKey,
};

export const bedrockApiKeyType: CredentialType = {
  id: 'api_key',
  label: 'Bedrock API key',
  fields: [
    {
      name: 'api_key',
      label: 'Bedrock API key',
      secret: true,
      required: true,
      input: 'text',
      help: 'Made in the Bedrock console under API keys; valid in the region in which it was made.',
      aliases: ['key', 'apiKey', 'bedrock_api_key', 'bedrockApiKey', 'aws_bearer_token_bedrock'],
      check: checkApiKey,
    },
    region,
    inferenceProfile,
  ],
};

/** A temporary key is useless without its token, and nothing says so but a 403. */
function placeAccessKey(fields: Readonly<Record<string, string>>): PlacedCredential {
  const { access_key = '', secret_key = '', session_token, inference_profile } = fields;
  if (access_key.startsWith('ASIA') && session_token === undefined) {
    return {
      kind: 'refused',
      field: 'session_token',
      problem: 'This access key is temporary (ASIA…); enter the session token that was given with it.',
    };
  }
  return {
    kind: 'placed',
    secret: { access_key, secret_key, ...(session_token === undefined ? {} : { session_token }) },
    baseUrl: null,
    region: fields['region'] ?? null,
    options: inference_profile === undefined ? {} : { inference_profile },
  };
}

function checkAccessKey(value: string): string | undefined {
  if (value.trim() === '') return 'The access key ID is empty; enter the one that begins with AKIA or ASIA.';
  if (/^(?:ABSK|bedrock-api-key-)/.test(value)) {
    return 'This is a Bedrock API key; choose the credential type "Bedrock API key" for it.';
  }
  return /^[A-Z0-9]{16,128}$/.test(value)
    ? undefined
    : 'This is not an access key ID; it has 20 capital letters and digits and begins with AKIA or ASIA.';
}

function checkSecretKey(value: string): string | undefined {
  if (value.trim() === '')
    return 'The secret access key is empty; AWS showed it when the access key was made.';
  if (/^(?:AKIA|ASIA)[A-Z0-9]{12,}$/.test(value)) {
    return 'This is an access key ID; enter the secret access key that belongs to it.';
  }
  return /^[A-Za-z0-9/+=]{16,128}$/.test(value)
    ? undefined
    : 'This is not a secret access key; it has 40 letters, digits, slashes and plus signs.';
}

function checkApiKey(value: string): string | undefined {
  if (value.trim() === '')
    return 'The Bedrock API key is empty; make one in the Bedrock console under API keys.';
  if (/^(?:AKIA|ASIA)[A-Z0-9]{12,}$/.test(value)) {
    return 'This is an access key ID; choose the credential type "Access key" and enter its secret too.';
  }
  if (/^["']?[{[]/.test(value))
    return 'This is JSON; choose the credential type "Access key" for AWS credentials.';
  return plainText(value, 'Bedrock API key');
}

function plainText(value: string, what: string): string | undefined {
  if (value.length > CHARACTERS_MAX) return `This is too long for a ${what}.`;
  return /^[\x21-\x7e]+$/.test(value) ? undefined : `There is white space in the ${what}; copy it again.`;
}
