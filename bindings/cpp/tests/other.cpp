/* The header alone, in a second file of each test: it needs no other before it, and defines nothing twice. */
#include <dosai.hpp>
