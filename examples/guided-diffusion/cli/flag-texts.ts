/** What the help says of the original's flags. */

export const networkTexts = {
  image_size: "height and width of images",
  large_size: "height and width of what is made",
  small_size: "height and width of what it is made of; any are taken",
  num_channels: "channels that widths are multiples of",
  num_res_blocks: "residual blocks a level",
  num_heads: "heads of attention",
  num_heads_upsample: "heads on the way up; -1: as many",
  num_head_channels: "channels of a head; -1: by num_heads",
  attention_resolutions: "heights of the levels with attention",
  channel_mult: "widths of the levels, such as 1,2,3,4; none: by image_size",
  dropout: "in training, the share of features that is left out",
  class_cond: "whether the network is told a class",
  learn_sigma: "whether it predicts variances",
  use_checkpoint: "in training, whether blocks are computed again for gradients",
  use_scale_shift_norm: "whether the embedding scales and shifts",
  resblock_updown: "whether residual blocks change sizes",
  use_fp16: "whether convolutions are rounded to f16",
  use_new_attention_order: "where q, k and v lie; of the released networks 64 alone has it",
  num_classes: "classes of labels",
  image_channels: "1 for gray images",
  norm_groups: "groups of the group norms",
} as const;

export const processTexts = {
  diffusion_steps: "steps of the process that was trained",
  noise_schedule: ["linear", "cosine"],
  timestep_respacing: "fewer steps: 250, ddim25, or counts of sections such as 10,15,20",
  predict_xstart: "whether the network predicts x₀, not noise",
  rescale_timesteps: "whether it is told steps in thousandths",
  use_kl: "in training, whether the loss is the bound, rescaled",
  rescale_learned_sigmas: "in training, whether the bound beside the squared error is rescaled",
} as const;

export const classifierTexts = {
  classifier_use_fp16: "whether its convolutions are rounded to f16",
  classifier_width: "channels that its widths are multiples of",
  classifier_depth: "its residual blocks a level",
  classifier_attention_resolutions: "heights of its levels with attention",
  classifier_use_scale_shift_norm: "whether its embedding scales and shifts",
  classifier_resblock_updown: "whether its residual blocks change sizes",
  classifier_pool: ["adaptive", "attention", "spatial", "spatial_v2"],
  classifier_channel_mult: "widths of its levels; none: by image_size",
  classifier_head_channels: "channels of its heads",
} as const;
