// Loaded before a program: its clients talk to the server of the tests, wherever the program says.
const native = require('../../lib/native.js');
const { createClient } = native;
native.createClient = (options) => createClient({ ...options, base_url: process.env.TEST_BASE_URL });
