/** The first request in the ways people make it. Pure: an address, a key and a model in; text to copy out. */
export type SnippetContext = { readonly origin: string; readonly apiKey: string; readonly model: string };
export type Snippet = { readonly id: string; readonly label: string; readonly text: string };

const QUESTION = 'Say hello in one short sentence.';

export function snippetsOf(context: SnippetContext): readonly Snippet[] {
  return [
    { id: 'curl', label: 'curl', text: curl(context) },
    { id: 'openai-python', label: 'OpenAI, Python', text: openaiPython(context) },
    { id: 'openai-node', label: 'OpenAI, Node', text: openaiNode(context) },
    { id: 'anthropic-python', label: 'Anthropic, Python', text: anthropicPython(context) },
    { id: 'anthropic-node', label: 'Anthropic, Node', text: anthropicNode(context) },
  ];
}

function curl({ origin, apiKey, model }: SnippetContext): string {
  return `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "${QUESTION}"}]}'`;
}

function openaiPython({ origin, apiKey, model }: SnippetContext): string {
  return `from openai import OpenAI  # pip install openai

client = OpenAI(base_url="${origin}/v1", api_key="${apiKey}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${QUESTION}"}],
)
print(answer.choices[0].message.content)`;
}

function openaiNode({ origin, apiKey, model }: SnippetContext): string {
  return `import OpenAI from 'openai'; // npm install openai

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${apiKey}' });
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: '${QUESTION}' }],
});
console.log(answer.choices[0].message.content);`;
}

function anthropicPython({ origin, apiKey, model }: SnippetContext): string {
  return `from anthropic import Anthropic  # pip install anthropic

client = Anthropic(base_url="${origin}", api_key="${apiKey}")
message = client.messages.create(
    model="${model}",
    max_tokens=256,
    messages=[{"role": "user", "content": "${QUESTION}"}],
)
print(message.content[0].text)`;
}

function anthropicNode({ origin, apiKey, model }: SnippetContext): string {
  return `import Anthropic from '@anthropic-ai/sdk'; // npm install @anthropic-ai/sdk

const client = new Anthropic({ baseURL: '${origin}', apiKey: '${apiKey}' });
const message = await client.messages.create({
  model: '${model}',
  max_tokens: 256,
  messages: [{ role: 'user', content: '${QUESTION}' }],
});
console.log(message.content[0].text);`;
}
