"""What counts as a person's yes and no."""

YES = ("y", "yes", "是", "好")
NO = ("n", "no", "否", "不")
