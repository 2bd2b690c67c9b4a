import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFailure, readFailureInAnswer } from './failure-signals.ts';

const none = () => undefined;
function read(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readFailure(status, (name) => headers[name], new TextEncoder().encode(text));
}

// Bodies as recorded or documented: shapes of the OpenAI family, Anthropic, Google, Azure, Bedrock and of proxies.
test.each([
  [
    401,
    { error: { message: 'Bad key', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } },
    ['invalid_request_error', 'invalid_api_key', 'Bad key'],
  ],
  [404, { error: "model 'x' not found" }, ['', '', "model 'x' not found"]],
  [
    400,
    { code: 'Client specified an invalid argument', error: 'Model not found' },
    ['', 'Client specified an invalid argument', 'Model not found'],
  ],
  [
    400,
    { message: 'Wrong', type: 'Invalid_Request_Error', param: 'x', code: 'wrong_field' },
    ['invalid_request_error', 'wrong_field', 'Wrong'],
  ],
  [
    429,
    {
      object: 'error',
      message: 'Rate limit exceeded',
      type: 'rate_limited',
      code: '1300',
      raw_status_code: 429,
    },
    ['rate_limited', '1300', 'Rate limit exceeded'],
  ],
  [401, { detail: 'Unauthorized' }, ['', '', 'Unauthorized']],
  [
    422,
    { detail: [{ loc: ['body', 'n'], msg: 'too large' }, { msg: 'bad' }] },
    ['', '', 'body.n: too large; bad'],
  ],
  [
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long' },
      request_id: 'req_1',
    },
    ['invalid_request_error', '', 'prompt is too long'],
  ],
  [
    429,
    {
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: 'cap',
        details: { error_code: 'enforced_spend_limit_reached' },
      },
    },
    ['rate_limit_error', 'enforced_spend_limit_reached', 'cap'],
  ],
  [
    400,
    {
      error: {
        code: 400,
        message: 'API key not valid.',
        status: 'INVALID_ARGUMENT',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
      },
    },
    ['invalid_argument', 'API_KEY_INVALID', 'API key not valid.'],
  ],
  [
    400,
    [{ error: { code: 400, message: 'first', status: 'FAILED_PRECONDITION' } }],
    ['failed_precondition', '400', 'first'],
  ],
  [
    429,
    {
      error: {
        code: 429,
        message: 'Quota exceeded',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ violations: [{ quotaId: 'GenerateRequestsPerDay' }] }],
      },
    },
    ['resource_exhausted', '429', 'Quota exceeded (quota GenerateRequestsPerDay)'],
  ],
  [
    404,
    { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } },
    ['', 'DeploymentNotFound', 'The API deployment does not exist.'],
  ],
  [
    400,
    { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    ['', 'invalid_grant', 'Invalid JWT Signature.'],
  ],
  [
    429,
    {
      error: {
        code: 429,
        message: 'Provider returned error',
        metadata: { provider_name: 'Google', raw: 'busy' },
      },
    },
    ['', '429', 'Provider returned error (busy)'],
  ],
  [400, { fault: { faultstring: 'Invalid ApiKey', detail: {} } }, ['', '', 'Invalid ApiKey']],
  [403, { Message: 'Authentication failed' }, ['', '', 'Authentication failed']],
  [
    403,
    { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
    ['', '10000', 'Authentication error'],
  ],
  [400, 'data: {"error":{"message":"in an event"}}', ['', '', 'in an event']],
  [503, 'upstream connect error', ['', '', 'upstream connect error']],
  [
    401,
    '<html><head><title>401 Authorization Required</title></head></html>',
    ['', '', 'HTTP 401 Unauthorized'],
  ],
  [529, '', ['', '', 'HTTP 529 Overloaded']],
  [599, '{}', ['', '', 'HTTP 599']],
  [500, 'null', ['', '', 'HTTP 500 Internal Server Error']],
] as const)('%i %j is read', (status, body, [type, code, message]) => {
  expect(read(status, body)).toMatchObject({ status, type, code, message });
});

test("Bedrock's type comes from its header, the request id from whichever there is", () => {
  const headers = { 'x-amzn-errortype': 'ThrottlingException:http://internal/', 'x-amzn-requestid': 'abc' };
  expect(read(429, { message: 'Too many requests' }, headers)).toMatchObject({
    type: 'throttlingexception',
    code: 'ThrottlingException',
    providerRequestId: 'abc',
  });
  expect(read(400, { error: { message: 'x' }, request_id: 'req_1' }).providerRequestId).toBe('req_1');
});

test('a key in the message is gone before anyone reads it, and the message is cut', () => {
  const key = `sk-proj-${'a1B2'.repeat(12)}`;
  const { message } = read(401, {
    error: { message: `Incorrect API key provided: ${key}. ${'x '.repeat(3000)}` },
  });
  expect(message).not.toContain('a1B2');
  expect(message.length).toBeLessThanOrEqual(2000);
});

test.each([
  [{ error: { code: 502, message: 'bad gateway' } }, 502],
  [{ error: { type: 'invalid_request_error', code: 'tool_use_failed', status_code: 400 } }, 400],
  [{ error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }, 429],
  [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 503],
  [{ error: { message: 'something' } }, 500],
  [{ error: 'something' }, 500],
  [null, 500],
])('an error inside an answer, %j, has the status %i', (value, status) => {
  expect(readFailureInAnswer(value).status).toBe(status);
});

test('no body makes it throw', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 999 }),
      fc.oneof(fc.json(), fc.string(), fc.uint8Array()),
      (status, body) => {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        expect(readFailure(status, none, bytes).message).toBeTypeOf('string');
      },
    ),
  );
  const words = [
    'error',
    'errors',
    'message',
    'detail',
    'details',
    'type',
    'code',
    'status',
    'metadata',
    'violations',
    'loc',
    'msg',
  ];
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>(null, 1, 'x', 404, true, ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words), tie('value')),
    ),
  })).value;
  fc.assert(
    fc.property(nested, (value) => void read(429, value)),
    { numRuns: 1000 },
  );
});
