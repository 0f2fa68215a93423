// Checks the contract's document with AsyncAPI's own parser, and writes it as one page that asks nothing of any host.
//
//     node render.mjs DOCUMENT PAGE

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fromFile, Parser, stringify } from '@asyncapi/parser';
import { merged, table } from './fields.mjs';

const ERROR = 0; // DiagnosticSeverity.Error
// The component compiles schemas, hence `unsafe-eval`; nothing may be fetched from anywhere.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:";
const { resolve } = createRequire(import.meta.url);
const PARTS = [
  resolve('@asyncapi/react-component/browser/standalone/without-parser.js'),
  resolve('@asyncapi/react-component/styles/default.min.css'),
  new URL('page.css', import.meta.url),
];

const [source, target] = process.argv.slice(2);
const { document, diagnostics } = await fromFile(new Parser(), source).parse();
const errors = diagnostics.filter((found) => found.severity === ERROR);
for (const { path, message } of errors) console.error(`${source}: ${path.join('.')}: ${message}`);
if (!document || errors.length) process.exit(1);

const contract = document.json();
for (const channel of Object.values(contract.channels)) tell(channel);
forgetRepeats(contract);
const parts = await Promise.all(PARTS.map((path) => readFile(path, 'utf8')));
await writeFile(target, page(document.info().title(), stringify(document), ...parts));
console.log(`${target}: open it in a browser`);

/** Put tables of fields into the descriptions, where they are read without a click. */
function tell(channel) {
  const messages = Object.values(channel.messages);
  // Where a channel has several messages, the first part of their schemas is the same.
  const common = messages.length > 1 ? messages[0].payload.allOf[0] : {};
  if (messages.length > 1) channel.description += `\n\nAll of its messages have these fields:\n\n${table(common)}`;
  for (const message of messages) {
    message.description = table(message.payload, common);
    message.payload = merged(message.payload);
  }
}

/** Leave out what would be shown again and again: server and content type, a second operation on a channel. */
function forgetRepeats(contract) {
  delete contract.servers;
  delete contract.defaultContentType;
  for (const { messages } of Object.values(contract.channels)) {
    for (const message of Object.values(messages)) delete message.contentType;
  }
  const shown = new Set();
  for (const [name, { channel }] of Object.entries(contract.operations)) {
    if (shown.has(channel.address)) delete contract.operations[name];
    shown.add(channel.address);
  }
}

/** The whole page: script and style stand in it. */
function page(title, schema, script, style, own) {
  const config = {
    show: { sidebar: true, messages: false, schemas: false, errors: false },
    sidebar: { showOperations: 'byDefault' },
  };
  const call = `AsyncApiStandalone.render(${inScript({ schema, config })}, document.getElementById('contract'));`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>${style}</style>
<style>${own}</style>
</head>
<body>
<div id="contract"></div>
<noscript>This page needs JavaScript; tools/contract/asyncapi.yaml reads well without it.</noscript>
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>${call}</script>
</body>
</html>
`;
}

/** `value` as JSON that cannot end the script that it stands in. */
function inScript(value) {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
