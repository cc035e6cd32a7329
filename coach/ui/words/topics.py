"""The topics of the bank as the pages call them."""

from coach.schema import Lang

_CHINESE = {
    "attention": "注意力机制",
    "behavioural": "行为面",
    "causal": "因果推断",
    "classification": "分类",
    "clustering": "聚类",
    "coding": "编程",
    "data": "数据",
    "dimensionality-reduction": "降维",
    "distances": "距离度量",
    "embeddings": "嵌入",
    "ensembles": "集成学习",
    "evaluation": "评估",
    "experimentation": "实验与 A/B 测试",
    "features": "特征工程",
    "generalisation": "泛化",
    "graphs": "图",
    "information-theory": "信息论",
    "kernels": "核方法",
    "labels": "标注",
    "language-models": "语言模型",
    "leakage": "数据泄漏",
    "linear-models": "线性模型",
    "losses": "损失函数",
    "markov-chains": "马尔可夫链",
    "metric-learning": "度量学习",
    "metrics": "指标",
    "monitoring": "监控",
    "multimodal": "多模态",
    "neighbours": "近邻方法",
    "neural-networks": "神经网络",
    "normalisation": "归一化",
    "optimisation": "优化",
    "parallel": "并行与分布式训练",
    "presentation": "项目讲解",
    "probability": "概率",
    "projects": "项目经历",
    "python": "Python",
    "ranking": "排序",
    "recommendation": "推荐系统",
    "regression": "回归",
    "regularisation": "正则化",
    "retrieval": "检索",
    "sequence-models": "序列模型",
    "serving": "模型部署",
    "statistics": "统计",
    "svm": "SVM",
    "system-design": "系统设计",
    "transfer-learning": "迁移学习",
    "transformers": "Transformer",
    "trees": "树模型",
    "vision": "计算机视觉",
}
_ENGLISH = {"svm": "SVM", "python": "Python"}


def topic_word(topic: str, lang: Lang) -> str:
    """What a topic is called; its own name, without hyphens, where the bank has one that is not listed here."""
    plain = topic.replace("-", " ")
    return _CHINESE.get(topic, plain) if lang == "zh" else _ENGLISH.get(topic, plain)
