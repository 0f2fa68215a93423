// A schema as a table in Markdown: a row for each field, with its form and what it means.

const LARGEST = Number.MAX_SAFE_INTEGER;

/** The schema with all that it is composed of laid together, and what an object has under a condition. */
export function merged(schema) {
  const { allOf = [], if: _condition, then, else: _otherwise, ...whole } = schema;
  const parts = then ? [...allOf, conditional(then)] : allOf;
  for (const part of parts.map(merged)) {
    const properties = { ...whole.properties };
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      properties[name] = properties[name] ? merged({ allOf: [properties[name], property] }) : property;
    }
    const required = [...new Set([...(whole.required ?? []), ...(part.required ?? [])])];
    Object.assign(whole, { ...part, ...(whole.description && { description: whole.description }) });
    if (Object.keys(properties).length) whole.properties = properties;
    if (required.length) whole.required = required;
  }
  return whole;
}

/** Of a condition's branch the objects: what it says of other fields only narrows them, and the prose tells. */
function conditional({ properties = {} }) {
  return { properties: Object.fromEntries(Object.entries(properties).filter(([, each]) => each.type === 'object')) };
}

/** The table of the fields of `schema` but for those that `common` has too, "" when there are none. */
export function table(schema, common = {}) {
  const shared = new Set(rows(merged(common), '').map(([path]) => path));
  const own = rows(merged(schema), '').filter(([path]) => !shared.has(path));
  return own.length ? ['| field | form | meaning |', '|---|---|---|', ...own.map(([, row]) => row)].join('\n') : '';
}

/** Path and row of each field, the fields of an object behind it. */
function rows(schema, above) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = merged(property);
    const path = `${above}${name}`;
    const optional = (schema.required ?? []).includes(name) ? '' : ' (optional)';
    const row = `| \`${path}\`${optional} | ${cell(form(field))} | ${cell(field.description ?? '')} |`;
    return [[path, row], ...rows(field.items ? merged(field.items) : field, `${path}.`)];
  });
}

function form(schema) {
  if ('const' in schema) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => form(merged(choice))).join(' or ');
  if (schema.type === 'array') return `list of ${form(merged(schema.items ?? {}))}`;
  if (schema.type === 'integer') return `integer${range(schema.minimum, schema.maximum, '')}`;
  if (schema.type === 'string') {
    const pattern = schema.pattern ? ` ${code(schema.pattern)}` : '';
    return `text${pattern}${range(schema.minLength, schema.maxLength, ' long')}`;
  }
  return String(schema.type ?? 'any');
}

function range(least, most, unit) {
  const top = most === undefined || most === LARGEST ? '' : most;
  if (least === undefined && top === '') return '';
  if (top === '') return `, ${least} or more${unit}`;
  return least === undefined ? `, up to ${top}${unit}` : `, ${least} to ${top}${unit}`;
}

const code = (value) => `\`${value === '' ? '""' : value}\``;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
