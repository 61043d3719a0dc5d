def fine(context):
    pass
