/**
 * What Azure OpenAI puts around OpenAI's chat format: the deployment in the path with a dated version, the key in a
 * header of its own, filter results beside the answer, and a first event without a choice.
 */
import { isObject } from '../sandbox-request.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';
import { answerOpenaiChat } from './openai-chat.ts';

const DATED_PATH = /\/openai\/deployments\/([^/]+)\/chat\/completions$/;
const SAFE = { hate: { filtered: false, severity: 'safe' }, violence: { filtered: false, severity: 'safe' } };

export function answerAzureChat(request: SandboxRequest): Answer {
  const deployment = DATED_PATH.exec(request.path)?.[1];
  const isCurrent = request.path.endsWith('/openai/v1/chat/completions');
  if (deployment === undefined ? !isCurrent : !/(?:^|&)api-version=\d{4}-/.test(request.query)) {
    return jsonAnswer(404, [], { error: { code: '404', message: 'Resource not found' } });
  }
  const body = isObject(request.json) ? request.json : {};
  const name = deployment === undefined ? String(body['model'] ?? '') : decodeURIComponent(deployment);
  if (name.includes('missing')) {
    const message =
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.';
    return jsonAnswer(404, [], { error: { code: 'DeploymentNotFound', message } });
  }
  const answer = answerOpenaiChat({ ...request, json: { ...body, model: name } });
  if (answer.status !== 200) return answer;
  const prompt_filter_results = [{ prompt_index: 0, content_filter_results: SAFE }];
  if (!answer.streamed) {
    const completion = JSON.parse(String(answer.frames[0])) as Record<string, unknown>;
    return { ...answer, frames: [JSON.stringify({ ...completion, prompt_filter_results })] };
  }
  const first = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results };
  return { ...answer, frames: [`data: ${JSON.stringify(first)}\n\n`, ...answer.frames] };
}

export function refuseAzureKey(): Answer {
  const message =
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
  return jsonAnswer(401, [], { error: { code: '401', message } });
}
