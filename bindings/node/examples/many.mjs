// A hundred questions at once, on one thread: node many.mjs
import OpenAI from 'dosai';

const client = new OpenAI();
const questions = Array.from({ length: 100 }, (_, at) => `What is ${at} times ${at}?`);

async function ask(content) {
  const completion = await client.chat.completions.create({ model: 'dos-ai', messages: [{ role: 'user', content }] });
  return completion.choices[0].message.content;
}

const answers = await Promise.allSettled(questions.map(ask));
const good = answers.filter((answer) => answer.status === 'fulfilled');
console.log(`${good.length} of ${questions.length} answered; the last: ${good.at(-1)?.value}`);
