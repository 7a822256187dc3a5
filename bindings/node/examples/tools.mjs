// Lets the model call a function until it answers: node tools.mjs
import OpenAI from 'dosai';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather for a location',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
    function: ({ location }) => ({ location, degrees: 18, sky: 'light rain' }),
  },
};

const runner = new OpenAI().chat.completions.runTools({
  model: 'dos-ai',
  messages: [{ role: 'user', content: 'What is the weather in Tokyo?' }],
  tools: [weather],
}, { maxRounds: 5 });
console.log(await runner.finalContent());
for (const { role, content } of runner.messages) if (role === 'tool') console.log(`told: ${content}`);
