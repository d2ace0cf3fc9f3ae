// Layers, and what they are made of.
#pragma once
#include "tinygrad/nn/activations.h"
#include "tinygrad/nn/init.h"
#include "tinygrad/nn/layers.h"
#include "tinygrad/nn/module.h"
