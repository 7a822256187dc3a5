'use strict';
const { OpenAI } = require('./client.js');
const { errorOf, Headers, ...errors } = require('./errors.js');
const { APIPromise, Stream } = require('./calls.js');
const { ServerSentEvent } = require('./chunks.js');
const { rawJSON } = require('./completion.js');
const { ToolRunner } = require('./runner.js');
const { version } = require('./native.js');

Object.assign(OpenAI, errors, { APIPromise, ServerSentEvent, Stream, ToolRunner, rawJSON, version });
module.exports = OpenAI;
module.exports.OpenAI = OpenAI;
module.exports.default = OpenAI;
