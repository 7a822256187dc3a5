#include "../../../../include/dosai.h"
