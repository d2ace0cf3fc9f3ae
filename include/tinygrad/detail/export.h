// What a shared library shows to the outside: everything else is hidden.
#pragma once
#define TINYGRAD_API __attribute__((visibility("default")))
