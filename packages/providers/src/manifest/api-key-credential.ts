/** The `api_key` credential form, and what people paste into it by mistake. */
import type { CredentialType } from '@arouter/core';
import { KEY_SHAPES } from './key-shapes.ts';

export type ApiKeyCredential = {
  /** The provider's name as people know it. */
  readonly vendor: string;
  /** Where a key is made; '' when only the user can know. */
  readonly keysUrl: string;
  /** True for endpoints of the user's own: any key may be right there. */
  readonly anyVendor?: boolean;
};

const KEY_CHARACTERS_MAX = 4096;

export function apiKeyCredential(options: ApiKeyCredential): CredentialType {
  return {
    id: 'api_key',
    label: 'API key',
    fields: [
      {
        name: 'api_key',
        label: 'API key',
        secret: true,
        required: true,
        input: 'text',
        help:
          options.keysUrl === ''
            ? 'The key of your endpoint; any word will do where it asks for none.'
            : `Make a key at ${options.keysUrl}.`,
        aliases: ['key', 'apiKey'],
        check: (value) => checkApiKey(value, options),
      },
    ],
  };
}

/** Undefined when it may be a key of that vendor; else what is wrong and what to enter. Never quotes the value. */
function checkApiKey(value: string, options: ApiKeyCredential): string | undefined {
  const wanted = `enter the API key of ${options.vendor} alone.`;
  const text = value.trim();
  if (text === '') return `The API key is empty; ${wanted}`;
  if (/^["']?[{[]/.test(text)) return whatJsonIs(text, wanted);
  if (text.startsWith('-----BEGIN ')) return `This is a private key file, not an API key; ${wanted}`;
  if (/^bearer\b/i.test(text)) return 'The API key begins with "Bearer"; enter only what follows that word.';
  if (/^[A-Z][A-Z0-9_]*=/.test(text)) {
    return 'This is a whole line of an environment file; enter only what follows the equals sign.';
  }
  if (/^https?:\/\//i.test(text)) return `This is a URL, not an API key; ${wanted}`;
  if (/^["'`].*["'`]$/s.test(text)) return 'The API key stands in quotation marks; enter it without them.';
  if (/[*•…]|\.{3}/.test(text)) {
    return 'This is a key with its middle hidden; copy the whole key where it was made, or make a new one.';
  }
  if (/\s/.test(value))
    return 'There is white space in the API key; copy it again without spaces or line breaks.';
  if (!/^[\x21-\x7e]+$/.test(text)) {
    return 'There are characters in the API key that no key has; copy it again from where it was made.';
  }
  if (text.length > KEY_CHARACTERS_MAX) return `This is too long for an API key; ${wanted}`;
  return options.anyVendor === true ? undefined : whoseKeyItIs(text, options.vendor);
}

function whatJsonIs(text: string, wanted: string): string {
  if (text.includes('service_account') || text.includes('private_key')) {
    return 'This is a Google service-account file; choose Vertex AI as provider and enter it there.';
  }
  if (text.includes('secret_key') || text.includes('aws_secret_access_key')) {
    return 'These are AWS credentials as JSON; choose AWS Bedrock as provider and enter them there.';
  }
  if (text.includes('endpoint_url') || text.includes('deployment_name')) {
    return 'This is an Azure configuration as JSON; choose Azure OpenAI as provider and enter it there.';
  }
  return `This is JSON, not an API key; ${wanted}`;
}

function whoseKeyItIs(key: string, vendor: string): string | undefined {
  if (key.startsWith('lr_')) {
    return `This is an ARouter key, which applications send to ARouter; enter the API key that ${vendor} gave you.`;
  }
  const shape = KEY_SHAPES.find(({ prefix }) => key.startsWith(prefix));
  if (shape === undefined || shape.vendor === vendor) return undefined;
  return `This is a key of ${shape.vendor}; choose ${shape.vendor} as provider, or enter the API key of ${vendor}.`;
}
