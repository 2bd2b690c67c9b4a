/** The first-run page: sends the one-use token from the link and shows the keys. Text nodes only. */
const token = location.hash.replace(/^#token=/, '');
const byId = (id) => document.getElementById(id);
const problem = byId('problem');

// The token must not stay in the address bar or the history.
history.replaceState(null, '', location.pathname);
if (token === '')
  say('This page needs the first-run link that the server printed. Restart the server to get a new one.');

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = event.target.querySelector('button');
  button.disabled = true;
  problem.hidden = true;
  try {
    const response = await fetch('/bootstrap', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, workspace_name: byId('name').value }),
    });
    const answer = await response.json();
    if (response.ok) show(answer);
    else say(answer.error?.message ?? 'The server refused.');
  } catch {
    say('The server cannot be reached. Check that it is running, then try again.');
  }
  button.disabled = false;
});

function say(text) {
  problem.textContent = text;
  problem.hidden = false;
}

function show(keys) {
  byId('start').hidden = true;
  byId('done').hidden = false;
  const rows = [
    ['API key, for applications', keys.api_key],
    ['Management key, for this workspace', keys.management_key],
    ['Operator key, for this instance', keys.operator_key],
  ];
  for (const [title, secret] of rows) byId('keys').append(...keyRow(title, secret));
  byId('add').textContent = `curl ${location.origin}/api/v1/byok \\
  -H "Authorization: Bearer ${keys.management_key}" \\
  -H "Content-Type: application/json" \\
  -d '{"provider": "openai", "label": "Production", "credential": {"api_key": "sk-..."}}'`;
  byId('first').textContent = `curl ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${keys.api_key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}'`;
}

function keyRow(title, secret) {
  const label = document.createElement('h2');
  label.textContent = title;
  const row = document.createElement('div');
  row.className = 'secret';
  const code = document.createElement('code');
  code.textContent = secret;
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'quiet';
  copy.textContent = 'Copy';
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(secret);
    copy.textContent = 'Copied';
  });
  row.append(code, copy);
  return [label, row];
}
