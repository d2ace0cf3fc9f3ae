// SPDX-License-Identifier: MIT
// All words of the page, in English and Chinese (docs/glossary.md), and how values are written.
'use strict';

const words = Object.fromEntries(`
fold       | Close all modules                     | 收起所有模块
unfold     | Open all                              | 全部展开
fit        | Whole graph                           | 显示全图
back       | one op back (←)                       | 后退一个算子（←）
next       | one op on (→)                         | 前进一个算子（→）
play       | play, stop (space)                    | 播放、停止（空格）
at         | how far the step has run              | 这一步运行到哪里
search     | Search op, module, shape              | 搜索算子、模块、形状
language   | 中文                                  | English
leaf       | leaf                                  | 叶子节点
forward    | forward                               | 前向传播
backward   | backward                              | 反向传播
update     | update                                | 更新
kernel     | kernel                                | 内核
formula    | formula                               | 公式
view       | view                                  | 视图
failed     | failed                                | 失败
module     | module                                | 模块
line       | line                                  | 代码行
time       | time                                  | 时间
shape      | shape                                 | 形状
memory     | memory                                | 内存
range      | min … max                             | 最小 … 最大
moments    | mean, std                             | 均值，标准差
zeros      | zeros                                 | 零
nonfinite  | not finite                            | 非有限值
output     | Value                                 | 值
gradient   | Gradient                              | 梯度
inputs     | Inputs                                | 输入
result     | Result                                | 结果
inner      | Ops                                   | 算子
value      | first elements                        | 前几个元素
derivative | derivative                            | 导数
of         | derivative of                         | 求导对象
kept       | saved for the backward pass           | 为反向传播保存
made       | of the backward pass                  | 反向传播产生
temporary  | not saved                             | 未保存
measured   | measured                              | 实测
nothing    | none                                  | 无
later      | arrives in op                         | 到达于算子
notyet     | Not computed yet: op                  | 尚未计算：算子
nograd     | No gradient reached it in this step.  | 这一步没有梯度到达这里。
empty      | No op ran in this step.               | 这一步没有运行任何算子。
ops        | ops                                   | 个算子
open       | Open                                  | 展开
close      | Close                                 | 收起
madeby     | made by                               | 产生者：
keptby     | kept until                            | 保留至
forlast    | not read after                        | 最后读取者：
held       | held by tensors, above a constant     | 张量占用的内存，高于恒定的
hint       | Click a node. Double-click a module to open or close it. | 单击节点查看；双击模块可展开或收起。
input      | input                                 | 输入
peak       | peak                                  | 峰值
sampled    | every {0} row, every {1} column       | 每 {0} 行、每 {1} 列取一个
outside    | outside modules                       | 不在模块内
slowest    | Slowest                               | 最慢的算子
firstbad   | Not finite first in                   | 最先出现非有限值：
`.trim().split('\n').map(line => line.split('|').map(part => part.trim()))
  .map(([key, ...both]) => [key, both]));
let language = (navigator.language || '').startsWith('zh') ? 1 : 0;
const t = key => words[key][language];

const $ = id => document.getElementById(id);
const step = JSON.parse($('step').textContent);
const shapeText = shape => '[' + shape.join(', ') + ']';

function format(x) {
  if (typeof x === 'string') return x;  // "NaN", "Infinity"
  const isShort = x === 0 || (Math.abs(x) < 1e5 && Math.abs(x) >= 1e-3);
  return isShort ? String(Number(x.toPrecision(4))) : x.toExponential(2);
}
/// x in the largest unit of which there is at least one; units are `step` apart.
function inUnits(x, step, units) {
  let i = 0;
  while (Math.abs(x) >= step && i + 1 < units.length) x /= step, ++i;
  return (Number.isInteger(x) ? x : Number(x.toPrecision(3))) + ' ' + units[i];
}
const bytesText = bytes => inUnits(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
const timeText = microseconds => inUnits(microseconds, 1000, ['µs', 'ms', 's']);
