// Asks for JSON of one shape: node json_mode.mjs
import OpenAI from 'dosai';

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, country: { type: 'string' }, is_capital: { type: 'boolean' } },
  required: ['name', 'country', 'is_capital'],
  additionalProperties: false,
};

const { choices: [{ message, finish_reason: reason }] } = await new OpenAI().chat.completions.create({
  model: 'dos-ai',
  messages: [{ role: 'user', content: 'Describe Paris.' }],
  response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
});
if (message.refusal) throw new Error(message.refusal);
if (reason === 'length') throw new Error('the answer is too long');
console.log(JSON.parse(message.content));
