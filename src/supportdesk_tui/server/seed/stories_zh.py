"""中文对话 — conversations in Chinese."""

from supportdesk_tui.server.seed.thread import Thread

THREADS = (
    Thread("FND", ("{coin}提现{hours}小时未到账", "提现一直处理中"),
      ("我的{coin}提现提交{hours}小时了还没到账,订单号是{order},金额{amount},网络{network}。",),
      (("您好,已查到订单{order},目前处于风控审核,因为更换过登录设备。我已催促处理。",), ("还要多久?我今天急用。",),
       ("最迟两小时内有结果,我会在这里通知您。",), ("好的,麻烦尽快。",)),
      "订单{order}审核中,无风险标签,已催促钱包组。"),
)  # fmt: skip
