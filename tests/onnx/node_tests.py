# SPDX-License-Identifier: MIT
"""Writes the node tests of the package onnx as files, which nodes_test.cpp runs.

    scripts/judges.sh tests/onnx/node_tests.py FOLDER
    scripts/judges.sh tests/onnx/node_tests.py tests/onnx/node_tests.safetensors

Each test becomes FOLDER/NAME.onnx, and FOLDER/NAME.data.onnx with its inputs and expected outputs:
a graph of initializers input_0, input_1, ..., output_0, ..., whose metadata has the tolerances. A
value that is no tensor is left out. The second form writes the files of some small tests, one or
two for each rule that is easily broken, as tensors of bytes.
"""
import pathlib
import sys

import numpy
import onnx
import safetensors.numpy
from onnx.backend.test.loader import load_model_tests

small = """
affine_grid_2d_align_corners argmax_default_axis_example_select_last_index averagepool_2d_ceil
averagepool_2d_ceil_last_window_starts_on_pad averagepool_2d_precomputed_pads_count_include_pad
averagepool_2d_precomputed_same_upper basic_conv_with_padding basic_deform_conv_with_padding
batchnorm_epsilon_training_mode bitcast_float32_to_int32 bitshift_left_uint16 cast_FLOAT_to_BFLOAT16
clip_default_int8_min col2im_pads compress_negative_axis conv_with_strides_and_asymmetric_padding
convinteger_with_padding convtranspose_autopad_same convtranspose_group_2 convtranspose_output_shape
convtranspose_pads cumsum_1d_reverse_exclusive depthtospace_example dequantizelinear_blocked
dft_irfft dynamicquantizelinear_min_adjusted expand_dim_unchanged gather_negative_indices
gathernd_example_int32_batch_dim1 gemm_transposeA gridsample_bicubic gridsample_reflection_padding
group_normalization_epsilon gru_seq_length if layer_normalization_2d_axis1 lstm_with_peepholes
maxpool_2d_ceil_output_size_reduce_by_one maxpool_2d_uint8
maxpool_with_argmax_2d_precomputed_strides maxunpool_export_with_output_shape mod_int64_fmod
mod_mixed_sign_int16 nllloss_NCd1_weight_ii nonmaxsuppression_two_classes onehot_negative_indices
prelu_broadcast qlinearconv qlinearmatmul_2D_uint8_float32 range_float_type_positive_delta
reduce_max_empty_set reduce_sum_empty_axes_input_noop reshape_zero_and_negative_dim
resize_downsample_scales_cubic_antialias resize_downsample_scales_linear_half_pixel_symmetric
resize_tf_crop_and_resize_extrapolation_value resize_upsample_scales_cubic_A_n0p5_exclude_outside
resize_upsample_sizes_nearest_ceil_half_pixel resize_upsample_sizes_nearest_not_larger
reversesequence_time roialign_aligned_false scatter_elements_with_reduction_min scatternd_add
sce_mean_weight_ii_log_prob shape_start_1_end_negative_1 simple_rnn_with_initial_bias softmax_axis_1
split_1d_uneven_split_opset18 split_variable_parts_default_axis_opset18 tensorscatter_circular
top_k_smallest tril_one_row_neg unique_not_sorted_without_axis upsample_nearest wrap_pad
""".split()


def tensors(values, infos, kind):
    for i, (value, info) in enumerate(zip(values, infos)):
        if info.type.WhichOneof("value") != "tensor_type" or value is None:
            continue
        if not isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.from_array(numpy.asarray(value))
        value = onnx.TensorProto.FromString(value.SerializeToString())
        value.name = f"{kind}_{i}"
        yield value


def data_of(test):
    inputs, outputs = test.data_sets[0]
    graph = onnx.GraphProto(name=test.name)
    graph.initializer.extend(tensors(inputs, test.model.graph.input, "input"))
    graph.initializer.extend(tensors(outputs, test.model.graph.output, "output"))
    data = onnx.ModelProto(ir_version=8, graph=graph)
    onnx.helper.set_model_props(data, {"rtol": repr(test.rtol), "atol": repr(test.atol)})
    return data.SerializeToString()


def files(names=None):
    for test in load_model_tests(kind="node"):
        if names is None or test.name.removeprefix("test_") in names:
            yield f"{test.name}.onnx", test.model.SerializeToString()
            yield f"{test.name}.data.onnx", data_of(test)


target = pathlib.Path(sys.argv[1])
if target.suffix == ".safetensors":
    arrays = {name: numpy.frombuffer(data, numpy.uint8) for name, data in files(small)}
    safetensors.numpy.save_file(arrays, target)
    print(len(arrays) // 2, "of", len(small), "tests in", target)
else:
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, data in files():
        (target / name).write_bytes(data)
        count += 1
    print(count // 2, "tests in", target)
