"""The page. Only user of gradio."""
