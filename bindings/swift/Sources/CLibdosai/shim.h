#include <dosai.h>
